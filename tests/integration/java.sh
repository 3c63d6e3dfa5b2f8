#!/usr/bin/env bash
# If this failed, Java could not use a token of ours: keytool would not list or make keys, jarsigner
# not sign, and a program could neither sign, agree on a key nor speak TLS by SunPKCS11.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"

make_token java
make_key java signer 01
make_ca
certify java signer 01 localhost
jdk=/usr/lib/jvm/java-17-openjdk-$(dpkg --print-architecture)/bin
java() { env "$1" "$jdk/java" -Xshare:auto -XX:TieredStopAtLevel=1 "$here/TokenTest.java" java.cfg signer ca.pem; }
cat > java.cfg <<CFG
name = mdoc
library = $MDOC_MODULE
slotListIndex = 0
attributes(generate, CKO_PRIVATE_KEY, CKK_EC) = { CKA_DERIVE = true }
CFG
store=(-keystore NONE -storetype PKCS11 -providerClass sun.security.pkcs11.SunPKCS11 -providerArg java.cfg)
keytool=("$jdk/keytool" "${store[@]}" -storepass:env PIN)
wrong=("$jdk/keytool" "${store[@]}" -storepass:env WRONG)

# --- keytool -----------------------------------------------------------------------------------------
says "signer, PrivateKeyEntry" "keytool lists the key" "${keytool[@]}" -list
fails "not with a wrong PIN" "${wrong[@]}" -list
says "CKR_PIN_INCORRECT" "and says why" "${wrong[@]}" -list -v
must "the right one again" "${keytool[@]}" -list
must "it makes a key pair in the token" "${keytool[@]}" -genkeypair -alias made -keyalg EC -groupname secp256r1 \
	-dname CN=made -sigalg SHA256withECDSA
says "made, PrivateKeyEntry" "which stays there" "${keytool[@]}" -list
says "ID:         6d616465" "for all programs" "${p11[@]}" --token-label java --login --pin env:PIN --list-objects --type privkey
must "a request" "${keytool[@]}" -certreq -alias made -file made.csr
must "that OpenSSL verifies" openssl req -in made.csr -verify -noout
must "the CA answers it" openssl x509 -req -in made.csr -CA ca.pem -CAkey ca.key -days 30 -out made.pem
cat made.pem ca.pem > chain.pem
must "and the answer is taken" "${keytool[@]}" -importcert -noprompt -alias made -file chain.pem
says "Owner: CN=made" "with its chain" "${keytool[@]}" -list -v -alias made
must "it is deleted" "${keytool[@]}" -delete -alias made
fails "and gone" "${keytool[@]}" -list -alias made

# --- jarsigner ---------------------------------------------------------------------------------------
echo letter > letter
setup "$jdk/jar" --create --file letter.jar letter
fails "with a wrong PIN no archive is signed" "$jdk/jarsigner" "${store[@]}" -storepass:env WRONG letter.jar signer
must "jarsigner signs an archive" "$jdk/jarsigner" "${store[@]}" -storepass:env PIN letter.jar signer
says "jar verified" "and verifies it" "$jdk/jarsigner" -verify letter.jar
echo another > letter
setup "$jdk/jar" --update --file letter.jar letter
says "SecurityException" "but not what was changed since" "$jdk/jarsigner" -verify letter.jar

# --- A program -----------------------------------------------------------------------------------------
must "signatures, key agreement, threads and TLS" java PIN="$PIN"
says "CKR_PIN_INCORRECT" "a wrong PIN opens nothing" java PIN="$WRONG"
done_testing
