# shellcheck shell=bash disable=SC2154
# Sourced by run.sh: the certificates of an issuer made by OpenSSL's command, by the profiles of
# ISO/IEC 18013-5 Annex B, so that neither side is tested with our own certificates alone.
# SPDX-License-Identifier: BSD-2-Clause

# openssl_issuer NAME CURVE: NAME-iaca.{key,pem} and NAME-ds.{key,pem}
openssl_issuer() {
	local name=$1 part
	for part in iaca ds; do
		quiet openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "$name-$part.key"
	done
	printf '%s\n' '[iaca]' 'basicConstraints=critical,CA:TRUE,pathlen:0' 'keyUsage=critical,keyCertSign,cRLSign' \
		'subjectKeyIdentifier=hash' 'issuerAltName=URI:https://iaca.example/' \
		'crlDistributionPoints=URI:https://iaca.example/iaca.crl' \
		'[ds]' 'keyUsage=critical,digitalSignature' 'extendedKeyUsage=critical,1.0.18013.5.1.2' \
		'subjectKeyIdentifier=hash' 'authorityKeyIdentifier=keyid' 'issuerAltName=URI:https://iaca.example/' \
		'crlDistributionPoints=URI:https://iaca.example/iaca.crl' '[req]' 'distinguished_name=dn' '[dn]' > "$name.cnf"
	quiet openssl req -x509 -new -config "$name.cnf" -extensions iaca -key "$name-iaca.key" -sha384 -days 1000 \
		-subj "/C=UT/ST=UT-$2/CN=IACA $2" -out "$name-iaca.pem"
	quiet openssl pkey -in "$name-ds.key" -pubout -out "$name-ds.pub"
	quiet openssl x509 -new -subj "/C=UT/ST=UT-$2/CN=Document signer $2" -force_pubkey "$name-ds.pub" \
		-CA "$name-iaca.pem" -CAkey "$name-iaca.key" -sha384 -days 400 \
		-extfile "$name.cnf" -extensions ds -out "$name-ds.pem"
}
