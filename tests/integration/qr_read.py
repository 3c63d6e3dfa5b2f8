"""What a camera reads of the QR code that a program printed: its output from stdin, half blocks, drawn as an image for
zbarimg (Debian: zbar-tools).

SPDX-License-Identifier: BSD-2-Clause
"""
import subprocess
import sys

SCALE = 4
HALVES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}

rows = []
for line in sys.stdin.read().split("\n"):
    if len(line) > 20 and not set(line) - set(HALVES):
        rows += [[HALVES[char][half] for char in line] for half in (0, 1)]
lines = ["".join(str(module) * SCALE for module in row) for row in rows for _ in range(SCALE)]
image = f"P1\n{len(lines[0])} {len(lines)}\n" + "\n".join(lines) + "\n"
read = subprocess.run(["zbarimg", "--quiet", "--raw", "-"], input=image.encode(), stdout=subprocess.PIPE, check=True)
sys.stdout.buffer.write(read.stdout)
