# custody_change.py BACKUP COMMAND...: every member of a backup changed in turn; the command must answer 1 (refused) or
# 3 (not a backup). SPDX-License-Identifier: BSD-2-Clause
import copy
import json
import subprocess
import sys

original = json.load(open(sys.argv[1]))
command = ['changed' if word == sys.argv[1] else word for word in sys.argv[2:]]


def places(value, path=()):
    if isinstance(value, dict):
        for name in value:
            yield from places(value[name], path + (name,))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from places(value[index], path + (index,))
    else:
        yield path


def change(value):
    if isinstance(value, int):
        return value + 1
    middle = len(value) // 2
    return value[:middle] + ('B' if value[middle] == 'A' else 'A') + value[middle + 1:]


def attempt(what, changed):
    with open('changed', 'w') as file:
        json.dump(changed, file)
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode not in (1, 3):
        sys.exit('%s: exit %d %s %s' % (what, run.returncode, run.stdout, run.stderr))


count = 0
for path in places(original):
    changed = copy.deepcopy(original)
    at = changed
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = change(at[path[-1]])
    attempt(path, changed)
    count += 1
for what, edit in (('a key less', lambda c: c['keys'].pop()), ('keys exchanged', lambda c: c['keys'].reverse()),
                   ('a key twice', lambda c: c['keys'].append(c['keys'][0])), ('a member more', lambda c: c.update(x=1)),
                   ('no mac', lambda c: c.pop('mac')), ('one share', lambda c: c['shares'].pop())):
    changed = copy.deepcopy(original)
    edit(changed)
    attempt(what, changed)
    count += 1
print(count, 'changes refused')
