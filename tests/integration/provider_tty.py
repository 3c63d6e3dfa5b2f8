"""Run a program on a terminal of its own and type what it asks for.

    provider_tty.py ANSWERS COMMAND...

ANSWERS are names of environment variables, with commas between ("" for none); what they hold is typed, one
for each prompt. A prompt is known by the terminal's echo being off. Prints what the program printed, and
each prompt. The exit code is the program's; 90 when it asked oftener than there are answers, 91 when it
asked less often, 92 when it took longer than twenty seconds.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import pty
import select
import sys
import termios
import time

SECONDS = 20


def echo_is_off(terminal):
    return not termios.tcgetattr(terminal)[3] & termios.ECHO


def read(terminal):
    """What there is to read now; None at the end."""
    if not select.select([terminal], [], [], 0.02)[0]:
        return b""
    try:
        return os.read(terminal, 65536) or None
    except OSError:
        return None


def run(answers, command):
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    end = time.monotonic() + SECONDS
    said = b""
    while time.monotonic() < end:
        got = read(terminal)
        if got is None:
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            return 128 - code if code < 0 else 91 if answers else code
        sys.stdout.buffer.write(got)
        said += got
        if got == b"" and said.rstrip(b"\r\n").endswith((b":", b": ")) and echo_is_off(terminal):
            if not answers:
                os.kill(child, 9)
                return 90
            os.write(terminal, os.environ[answers.pop(0)].encode() + b"\n")
            said = b""
    os.kill(child, 9)
    return 92


if __name__ == "__main__":
    result = run([name for name in sys.argv[1].split(",") if name], sys.argv[2:])
    print()
    sys.exit(result)
