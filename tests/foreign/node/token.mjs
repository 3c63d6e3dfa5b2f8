// What a Node.js program does with a token, by pkcs11js and graphene-pk11.
//
// node token.mjs MODULE LABEL, the PIN in the environment's PIN: prints one line a claim; exit 1 when
// the token cannot be opened or a claim is wrong.
//
// SPDX-License-Identifier: BSD-2-Clause
import { createECDH, createHash, createPublicKey, verify } from "node:crypto";
import graphene from "graphene-pk11";
import pkcs11js from "pkcs11js";

const [modulePath, label] = process.argv.slice(2);
const P256 = Buffer.from("06082a8648ce3d030107", "hex");
const SPKI = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex");
const message = Buffer.alloc(5000, "message");
let wrong = 0;

function claim(truth, what) {
	console.log(`${truth ? "right" : "WRONG"}: ${what}`);
	if (!truth)
		wrong++;
}

function refused(name, what, call) {
	try {
		call();
		claim(false, what);
	} catch (error) {
		claim(error.message.startsWith(name), `${what} (${error.message})`);
	}
}

// CKA_EC_POINT is a DER OCTET STRING of the point.
function point(key) {
	const der = key.getAttribute({ pointEC: null }).pointEC;
	claim(der.length === 67 && der[0] === 4 && der[1] === 65 && der[2] === 4, "the point is an OCTET STRING");
	return der.subarray(2);
}

function checks(key, data, signature) {
	const publicKey = createPublicKey({ key: Buffer.concat([SPKI, point(key)]), format: "der", type: "spki" });
	return verify("sha256", data, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature);
}

// Twenty signatures at once, each in a session and a thread of its own.
async function parallel(pkcs11, slot, pair, session) {
	const one = async (i) => {
		const own = pkcs11.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION);
		pkcs11.C_SignInit(own, { mechanism: pkcs11js.CKM_ECDSA_SHA256 }, pair.privateKey);
		const signature = await pkcs11.C_SignAsync(own, Buffer.from(`message ${i}`), Buffer.alloc(256));
		pkcs11.C_CloseSession(own);
		return signature;
	};
	const all = await Promise.all(Array.from({ length: 20 }, (_, i) => one(i)));
	claim(all.every((signature, i) => {
		pkcs11.C_VerifyInit(session, { mechanism: pkcs11js.CKM_ECDSA_SHA256 }, pair.publicKey);
		return pkcs11.C_Verify(session, Buffer.from(`message ${i}`), signature);
	}), "twenty signatures at once");
}

// pkcs11js: the C functions themselves.
async function functions() {
	const pkcs11 = new pkcs11js.PKCS11();
	pkcs11.load(modulePath);
	pkcs11.C_Initialize();
	try {
		const slot = pkcs11.C_GetSlotList(true).find((one) => pkcs11.C_GetTokenInfo(one).label.trim() === label);
		claim(pkcs11.C_GetInfo().manufacturerID.trim() === "mdoc-pkcs11", "C_GetInfo");
		claim(pkcs11.C_GetMechanismList(slot).includes(pkcs11js.CKM_ECDSA_SHA256), "C_GetMechanismList");
		const session = pkcs11.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
		pkcs11.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
		claim(pkcs11.C_Digest(session, message, Buffer.alloc(32)).equals(createHash("sha256").update(message).digest()),
			"C_Digest before login");
		refused("CKR_USER_NOT_LOGGED_IN", "no private object before login", () =>
			pkcs11.C_CreateObject(session, [
				{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_DATA },
				{ type: pkcs11js.CKA_PRIVATE, value: true },
			]));
		pkcs11.C_Login(session, pkcs11js.CKU_USER, process.env.PIN);
		const pair = pkcs11.C_GenerateKeyPair(session, { mechanism: pkcs11js.CKM_EC_KEY_PAIR_GEN },
			[{ type: pkcs11js.CKA_EC_PARAMS, value: P256 }, { type: pkcs11js.CKA_VERIFY, value: true }],
			[{ type: pkcs11js.CKA_SIGN, value: true }, { type: pkcs11js.CKA_DERIVE, value: true }]);
		pkcs11.C_SignInit(session, { mechanism: pkcs11js.CKM_ECDSA_SHA256 }, pair.privateKey);
		const signature = pkcs11.C_Sign(session, message, Buffer.alloc(256));
		claim(signature.length === 64, "C_Sign gives r and s");
		pkcs11.C_VerifyInit(session, { mechanism: pkcs11js.CKM_ECDSA_SHA256 }, pair.publicKey);
		claim(pkcs11.C_Verify(session, message, signature), "C_Verify");
		await parallel(pkcs11, slot, pair, session);
		const peer = createECDH("prime256v1");
		peer.generateKeys();
		const secret = pkcs11.C_DeriveKey(session,
			{
				mechanism: pkcs11js.CKM_ECDH1_DERIVE,
				parameter: { type: pkcs11js.CK_PARAMS_EC_DH, kdf: pkcs11js.CKD_NULL, publicData: peer.getPublicKey() },
			},
			pair.privateKey,
			[
				{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
				{ type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_GENERIC_SECRET },
				{ type: pkcs11js.CKA_SENSITIVE, value: false },
				{ type: pkcs11js.CKA_EXTRACTABLE, value: true },
			]);
		const ec = pkcs11.C_GetAttributeValue(session, pair.publicKey, [{ type: pkcs11js.CKA_EC_POINT }])[0].value;
		const value = pkcs11.C_GetAttributeValue(session, secret, [{ type: pkcs11js.CKA_VALUE }])[0].value;
		claim(value.equals(peer.computeSecret(ec.subarray(2))), "C_DeriveKey, as Node.js computes it");
		claim(pkcs11.C_GenerateRandom(session, Buffer.alloc(20)).some((byte) => byte !== 0), "C_GenerateRandom");
		pkcs11.C_Logout(session);
		refused("CKR_OBJECT_HANDLE_INVALID", "the private key is gone after C_Logout", () =>
			pkcs11.C_GetAttributeValue(session, pair.privateKey, [{ type: pkcs11js.CKA_ID }]));
		pkcs11.C_CloseSession(session);
	} finally {
		pkcs11.C_Finalize();
		pkcs11.close();
	}
}

// graphene-pk11: objects over them.
function objects() {
	const library = graphene.Module.load(modulePath, "mdoc");
	library.initialize();
	try {
		const slots = library.getSlots(true);
		let slot;
		for (let i = 0; i < slots.length; i++)
			if (slots.items(i).getToken().label.trim() === label)
				slot = slots.items(i);
		const session = slot.open(graphene.SessionFlag.SERIAL_SESSION | graphene.SessionFlag.RW_SESSION);
		session.login(process.env.PIN);
		const template = { token: true, private: true, label: "node", id: Buffer.from("node") };
		const keys = session.generateKeyPair(graphene.KeyGenMechanism.EC,
			{ ...template, private: false, verify: true, paramsEC: P256 }, { ...template, sign: true });
		const sign = session.createSign("ECDSA_SHA256", keys.privateKey);
		sign.update(message.subarray(0, 1000));
		sign.update(message.subarray(1000));
		claim(checks(keys.publicKey, message, sign.final()), "a signature in parts, verified by Node.js");
		claim(session.find({ class: graphene.ObjectClass.PRIVATE_KEY, label: "node" }).length === 1, "the key is found");
		const data = session.create({ class: graphene.ObjectClass.DATA, token: true, private: true, label: "letter",
			value: message });
		claim(data.getAttribute({ value: null }).value.equals(message), "data comes back");
		data.destroy();
		session.logout();
		claim(session.find({ class: graphene.ObjectClass.PRIVATE_KEY }).length === 0, "nothing private after logout");
		refused("CKR_PIN_INCORRECT", "a wrong PIN", () => session.login("not-the-pin-2026"));
		session.login(process.env.PIN);
		for (const one of [graphene.ObjectClass.PRIVATE_KEY, graphene.ObjectClass.PUBLIC_KEY])
			session.find({ class: one, label: "node" }).items(0).destroy();
		claim(session.find({ label: "node" }).length === 0, "the keys are destroyed");
		session.close();
	} finally {
		library.finalize();
		library.close();
	}
}

try {
	await functions();
	objects();
} catch (error) {
	console.log(error.message);
	process.exit(1);
}
process.exit(wrong === 0 ? 0 : 1);
