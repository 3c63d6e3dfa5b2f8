#!/usr/bin/env bash
# If this failed, nobody could log in with a key of ours: OpenSSH reads the public half before
# login, asks for the PIN by its askpass program, signs in the client or through its agent.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"

make_token ssh
make_key ssh login 01
module=$(readlink -f "$MDOC_MODULE")

# --- The public key, before any PIN ------------------------------------------------------------------
must "ssh-keygen reads the public key without a PIN" ssh-keygen -D "$module"
ssh-keygen -D "$module" > login.ssh 2>/dev/null
chmod 600 login.ssh
ssh-keygen -e -m PKCS8 -f login.ssh > read.pub
must "it is the token's" cmp read.pub login.pub

# --- A server of our own -----------------------------------------------------------------------------
ssh-keygen -q -t ed25519 -N '' -f host_key
port=$(free_port) me=$(id -un)
cp login.ssh authorized_keys
cat > sshd_config <<CONF
ListenAddress 127.0.0.1
Port $port
HostKey $scratch/host_key
PidFile none
AuthorizedKeysFile $scratch/authorized_keys
StrictModes no
UsePAM no
AuthenticationMethods publickey
PermitRootLogin prohibit-password
CONF
if [ "$(id -u)" -eq 0 ]; then mkdir -p /run/sshd; fi # where its unprivileged part lives
start sshd /usr/sbin/sshd -D -e -f "$scratch/sshd_config"
must "sshd listens" listens "$port"
printf '[127.0.0.1]:%s %s\n' "$port" "$(cat host_key.pub)" > known_hosts

# The askpass program gives the PIN, or a wrong one when told to, and counts how often it was asked.
cat > askpass <<'ASKPASS'
#!/bin/sh
echo "$1" >> "$ASKED"
printf '%s\n' "$GIVE"
ASKPASS
chmod +x askpass
export SSH_ASKPASS=$scratch/askpass SSH_ASKPASS_REQUIRE=force ASKED=$scratch/asked
with() { local pin=$1; shift; : > asked; env GIVE="$pin" "$@"; }
ssh=(ssh -F none -p "$port" -o UserKnownHostsFile="$scratch/known_hosts" -o StrictHostKeyChecking=yes
	-o PreferredAuthentications=publickey -o IdentityFile=none -o NumberOfPasswordPrompts=1)
direct=("${ssh[@]}" -o IdentityAgent=none -o PKCS11Provider="$module" "$me@127.0.0.1")

says "logged in" "a login with the token's key" with "$PIN" "${direct[@]}" 'echo logged in'
must "the PIN was asked for once" test "$(wc -l < asked)" -eq 1
says "Accepted publickey for $me" "the server saw a public key" cat sshd.log
refuses "a wrong PIN does not log in" with "$WRONG" "${direct[@]}" true
says "user PIN count low" "and was counted" "${p11[@]}" --list-token-slots
says "0123456789" "data through the connection" with "$PIN" "${direct[@]}" 'echo 0123456789'
cp host_key.pub authorized_keys
refuses "no login with a key that the server does not know" with "$PIN" "${direct[@]}" true
cp login.ssh authorized_keys

# --- The agent ---------------------------------------------------------------------------------------
export SSH_AUTH_SOCK=$scratch/strict
start strict ssh-agent -D -a "$SSH_AUTH_SOCK" -P '/nowhere/*'
for _ in $(seq 50); do [ -S strict ] && break; sleep 0.1; done
fails "an agent loads no module that it was not told to allow" with "$PIN" ssh-add -s "$module"
export SSH_AUTH_SOCK=$scratch/agent
start agent ssh-agent -D -a "$SSH_AUTH_SOCK" -P "$(dirname "$module")/*"
for _ in $(seq 50); do [ -S agent ] && break; sleep 0.1; done
fails "nor one whose PIN is wrong" with "$WRONG" ssh-add -s "$module"
signing=(ssh-keygen -Y sign -q -n file -f login.ssh)
echo letter > letter
refuses "and then it signs nothing" "${signing[@]}" letter
must "ssh-add -s with the right one" with "$PIN" ssh-add -s "$module"
says "$(cut -d' ' -f2 login.ssh)" "the agent has the key" ssh-add -L
must "it signs a file" "${signing[@]}" letter
echo "me $(cat login.ssh)" > signers
verify=(ssh-keygen -Y verify -f signers -I me -n file -s letter.sig)
must "ssh-keygen verifies it" "${verify[@]}" < letter
refuses "and refuses another file" "${verify[@]}" < host_key.pub
says "logged in" "a login through the agent" "${ssh[@]}" "$me@127.0.0.1" 'echo logged in'
many() { # eight logins at once through one agent
	local try pids=() code=0
	for try in 1 2 3 4 5 6 7 8; do
		"${ssh[@]}" "$me@127.0.0.1" "echo $try" &
		pids+=($!)
	done
	for try in "${pids[@]}"; do wait "$try" || code=1; done
	return $code
}
must "eight logins at once through the agent" many
must "ssh-add -e" with "$PIN" ssh-add -e "$module"
refuses "then the agent signs no more" "${signing[@]}" letter

# --- The other curves --------------------------------------------------------------------------------
for bits in 384 521; do
	setup "${p11[@]}" --token-label ssh --login --pin env:PIN --keypairgen --key-type "EC:secp${bits}r1" --id "${bits}0" \
		--label "nistp$bits" --usage-sign
	says "ecdsa-sha2-nistp$bits" "a key on P-$bits is read" ssh-keygen -D "$module"
	ssh-keygen -D "$module" 2>/dev/null | grep "nistp$bits" > authorized_keys
	says "logged in" "and logs in" with "$PIN" "${direct[@]}" 'echo logged in'
done
done_testing
