"""AES through PyKCS11 beside python3-cryptography.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import sys

import PyKCS11
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

module, pin, key_hex = sys.argv[1:4]
key_bytes = bytes.fromhex(key_hex)
p11 = PyKCS11.PyKCS11Lib()
p11.load(module)
slot = next(s for s in p11.getSlotList(tokenPresent=True) if p11.getTokenInfo(s).label.strip() == "aes")
session = p11.openSession(slot, PyKCS11.CKF_SERIAL_SESSION | PyKCS11.CKF_RW_SESSION)
session.login(pin)
(key,) = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_SECRET_KEY), (PyKCS11.CKA_LABEL, "both")])


def same(what, ours, theirs):
    if bytes(ours) != bytes(theirs):
        sys.exit(f"{what}: not the same")
    print(f"{what}: the same")


text, aad, iv = os.urandom(1000), os.urandom(30), os.urandom(12)
for aad_of in (b"", aad):
    for tag_bits in (96, 128):
        gcm = PyKCS11.AES_GCM_Mechanism(iv, aad_of, tag_bits)
        sealed = bytes(session.encrypt(key, text, gcm))
        theirs = AESGCM(key_bytes).encrypt(iv, text, aad_of)[:len(text) + tag_bits // 8]
        same(f"GCM, tag of {tag_bits} bits", sealed, theirs)
        same("and back", session.decrypt(key, sealed, gcm), text)
        broken = bytes([sealed[0] ^ 1]) + sealed[1:]
        try:
            session.decrypt(key, broken, gcm)
            sys.exit("a changed text was opened")
        except PyKCS11.PyKCS11Error as error:
            if error.value != PyKCS11.CKR_ENCRYPTED_DATA_INVALID:
                raise

wrap = PyKCS11.Mechanism(PyKCS11.CKM_AES_KEY_WRAP)
padded = PyKCS11.Mechanism(0x210B)  # CKM_AES_KEY_WRAP_KWP
for size in (16, 24, 32, 64):
    value = os.urandom(size)
    same(f"RFC 3394, {size} bytes", session.encrypt(key, value, wrap), keywrap.aes_key_wrap(key_bytes, value))
for size in (1, 7, 8, 20, 33):
    value = os.urandom(size)
    same(f"RFC 5649, {size} bytes", session.encrypt(key, value, padded),
         keywrap.aes_key_wrap_with_padding(key_bytes, value))
session.logout()
session.closeSession()
