"""Run a program on a terminal of its own and answer what it asks.

    consent_tty.py ANSWERS COMMAND...

ANSWERS are typed in turn, with commas between ("" for none): one for each line that ends with "[y/N] " or asks for a PIN
with the terminal's echo off. Prints what the program printed. The exit code is the program's; 90 when it asked oftener
than there are answers, 91 when it asked less often, 92 when it took longer than twenty seconds.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import pty
import select
import sys
import termios
import time


def asks(terminal, said):
    text = said.rstrip(b" \r\n")
    echo = termios.tcgetattr(terminal)[3] & termios.ECHO
    return text.endswith(b"[y/N]") or (text.endswith(b":") and not echo)


def run(answers, command):
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    end = time.monotonic() + 20
    said = b""
    while time.monotonic() < end:
        got = b""
        if select.select([terminal], [], [], 0.02)[0]:
            try:
                got = os.read(terminal, 65536)
            except OSError:
                got = b""
            if not got:
                code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                return 128 - code if code < 0 else 91 if answers else code
        sys.stdout.buffer.write(got)
        said += got
        if not got and asks(terminal, said):
            if not answers:
                os.kill(child, 9)
                return 90
            os.write(terminal, answers.pop(0).encode() + b"\n")
            said = b""
    os.kill(child, 9)
    return 92


if __name__ == "__main__":
    result = run([answer for answer in sys.argv[1].split(",") if answer], sys.argv[2:])
    print()
    sys.exit(result)
