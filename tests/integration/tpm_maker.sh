# shellcheck shell=bash
# Sourced after lib.sh: a maker of TPMs of the test's own, with a root certificate and one below it, who gives each TPM
# certificates of its endorsement keys.
# SPDX-License-Identifier: BSD-2-Clause

# maker_new FOLDER
maker_new() {
	mkdir -p "$1"
	printf '%s = %s\n' statedir "$1" signingkey "$1/signkey.pem" issuercert "$1/issuercert.pem" \
		certserial "$1/certserial" > "$1/localca.conf"
	printf '%s\n' '--platform-manufacturer Test' '--platform-version 1' '--platform-model Test' > "$1/localca.options"
	printf '%s = %s\n' create_certs_tool "$(command -v swtpm_localca)" create_certs_tool_config "$1/localca.conf" \
		create_certs_tool_options "$1/localca.options" > "$1/setup.conf"
}

# maker_tpm MAKER FOLDER: a TPM's state, for swtpm_start, with certificates for keys on P-384 and of RSA with 2048 bits.
maker_tpm() {
	mkdir -p "$2"
	swtpm_setup --tpm2 --tpmstate "$2" --config "$1/setup.conf" --create-ek-cert --ecc > "$2/setup.log" 2>&1 ||
		{ cat "$2/setup.log"; not_ok "set-up: swtpm_setup"; exit 1; }
}
