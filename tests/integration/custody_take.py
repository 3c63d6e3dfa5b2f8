# What a user of the issuer's token might try to get a key out. SPDX-License-Identifier: BSD-2-Clause
import sys

import PyKCS11 as P

lib = P.PyKCS11Lib()
lib.load(sys.argv[1])
slot = next(s for s in lib.getSlotList(tokenPresent=True) if lib.getTokenInfo(s).label.strip('\0 ') == sys.argv[2])
session = lib.openSession(slot, P.CKF_SERIAL_SESSION | P.CKF_RW_SESSION)
session.login(open(sys.argv[3]).read().strip())
keys = session.findObjects([(P.CKA_CLASS, P.CKO_PRIVATE_KEY)])
assert len(keys) == 4, len(keys)
refused = 0
aes = [(P.CKA_CLASS, P.CKO_SECRET_KEY), (P.CKA_KEY_TYPE, P.CKK_AES), (P.CKA_VALUE, bytes(32)), (P.CKA_TOKEN, False),
       (P.CKA_WRAP, True), (P.CKA_DECRYPT, True)]


def must_fail(what, function):
    global refused
    try:
        function()
    except P.PyKCS11Error as error:
        refused += 1
        print(what, 'refused:', error)
        return
    sys.exit(what + ' was possible')


must_fail('a trusted key of the user', lambda: session.createObject(aes + [(P.CKA_TRUSTED, True)]))
own = session.createObject(aes)
must_fail('marking it as trusted', lambda: session.setAttributeValue(own, [(P.CKA_TRUSTED, True)]))
for key in keys:
    value = session.getAttributeValue(key, [P.CKA_VALUE])[0]
    assert not value, 'a private key was read'
    refused += 1
    for mechanism in (P.CKM_AES_KEY_WRAP, 0x210A, 0x210B, P.CKM_AES_CBC_PAD):
        parameter = bytes(16) if mechanism == P.CKM_AES_CBC_PAD else None
        must_fail('wrapping by %#x' % mechanism,
                  lambda: session.wrapKey(own, key, P.Mechanism(mechanism, parameter)))
    must_fail('leaving without wrapping by a trusted key',
              lambda: session.setAttributeValue(key, [(P.CKA_WRAP_WITH_TRUSTED, False)]))
    must_fail('becoming readable', lambda: session.setAttributeValue(key, [(P.CKA_SENSITIVE, False)]))
print(refused, 'attempts refused')
session.logout()
