# shellcheck shell=bash
# Sourced after lib.sh: TPMs of the test's own, emulated by swtpm. Each has a folder for its state and listens at a
# socket in it, so that tests neither need ports nor disturb each other. No root, no device.
# SPDX-License-Identifier: BSD-2-Clause
#
# A TPM serves one connection at a time: the next one waits until the first is closed.

tpms=()
export TSS2_LOG=all+NONE # of tpm2-tools; the module must be silent without it, and tpm-faults.sh takes it away

# swtpm_start [FOLDER]: a TPM, with what it kept there when it was stopped. Modules and tpm2-tools use it from now on.
swtpm_start() {
	local folder=${1:-$scratch/tpm} try
	mkdir -p "$folder"
	tpms+=("$folder")
	for try in $(seq 50); do # the one before may have its lock still
		swtpm socket --tpm2 --tpmstate dir="$folder" --server type=unixio,path="$folder/socket" \
			--ctrl type=unixio,path="$folder/socket.ctrl" --flags not-need-init,startup-clear \
			--pid file="$folder/pid" --daemon 2> "$folder/log" && break
		sleep 0.1
	done
	[ "$try" -lt 50 ] || { cat "$folder/log"; not_ok "set-up: swtpm"; exit 1; }
	swtpm_use "$folder"
}

# swtpm_use FOLDER: this one, of several.
swtpm_use() {
	export MDOC_PKCS11_TCTI=swtpm:path=$1/socket TPM2TOOLS_TCTI=swtpm:path=$1/socket
}

swtpm_end() { # swtpm_end SIGNAL FOLDER: and wait until it has ended
	local pid
	pid=$(cat "$2/pid" 2>/dev/null) || return 0
	kill "-$1" "$pid" 2>/dev/null
	while [ -d "/proc/$pid" ] && ! grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null; do sleep 0.01; done
	rm -f "$2/pid" "$2/socket" "$2/socket.ctrl"
}

swtpm_stop() { swtpm_end TERM "${1:-$scratch/tpm}"; }
swtpm_kill() { swtpm_end KILL "${1:-$scratch/tpm}"; }

# swtpm_power_cycle [FOLDER]: as a machine that is switched off and on.
swtpm_power_cycle() {
	swtpm_stop "${1:-$scratch/tpm}"
	swtpm_start "${1:-$scratch/tpm}"
}

swtpm_stop_all() {
	local folder
	for folder in "${tpms[@]}"; do swtpm_kill "$folder"; done
}
