/*
 * p11.h: a PKCS#11 module in a program: load it, find a token, log in, find objects, read
 * attributes. Any module will do; ours is recognised by CKM_MDOC_DEVICE_SIGN in the slot's
 * mechanism list and by nothing else.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_P11_H
#define TOOLS_P11_H

#include <mdoc/p11/p11.h>
#include "mdoc-pkcs11.h"
#include "tools/common/exit.h"
#include "tools/common/pin.h"

struct p11 {
	void *handle; /* dlopen */
	CK_FUNCTION_LIST *list;
	CK_MDOC_FUNCTION_LIST *vendor; /* NULL: the module has no such interface */
};

/*
 * Load and initialise a module.
 * path  --module; NULL: $MDOC_PKCS11_MODULE, else the installed mdoc-pkcs11.so
 * EXIT_STATUS_TROUBLE (said). p11_close() in any case.
 */
enum exit_status p11_open(const char *path, struct p11 *p11);
void p11_close(struct p11 *p11);

/* The path of the module that p11_open() would take for `path`. Borrowed. */
const char *p11_module_path(const char *path);

struct p11_token {
	struct p11 *p11; /* borrowed */
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session; /* CK_INVALID_HANDLE: none open */
	bool ours;                 /* the slot lists CKM_MDOC_DEVICE_SIGN */
	unsigned offers;           /* MDOC_P11_* */
	bool logged_in;
	CK_TOKEN_INFO info;
	char label[33]; /* without the padding */
	struct pin pin; /* kept from p11_login() for context-specific logins; wiped at close */
};

/*
 * Find the token with this label (exactly one must have it; NULL: exactly one initialised token
 * must be there) and open a session.
 * EXIT_STATUS_INPUT: no such token, several (said). p11_token_close() in any case.
 */
enum exit_status p11_token_open(struct p11 *p11, const char *label, bool read_write, struct p11_token *token);
void p11_token_close(struct p11_token *token);

/* The slot of a token by label, without a session. */
enum exit_status p11_find_slot(struct p11 *p11, const char *label, CK_SLOT_ID *slot);

/* Label of a token without the padding. */
void p11_label(const CK_UTF8CHAR padded[32], char label[33]);

/* Whether wrong PINs of this token count for all that its TPM protects; and if they do, what ends a lockout. */
bool p11_shares_lockout(const struct p11_token *token);
void p11_say_lockout(const struct p11_token *token);

/* C_Login; says what is wrong and how many tries are left as far as the token tells. The PIN is
 * kept (copied) for CKU_USER. NULL: the token is opened in another way than by a PIN from here
 * (CKF_PROTECTED_AUTHENTICATION_PATH), at each login. */
enum exit_status p11_login(struct p11_token *token, CK_USER_TYPE user, const struct pin *pin);

/* Context-specific login with the kept PIN, if there is one; has the type of mdoc_p11_key.login, arg is the
 * struct p11_token. */
CK_RV p11_context_login(void *arg, CK_FUNCTION_LIST *list, CK_SESSION_HANDLE session);

/*
 * `what` did not happen because of `rv`, after p11_login(): where an authenticator opened the token, its refusal is said
 * instead of a wrong PIN's (R-FACE-07). What tool_rv_error() returns.
 */
enum exit_status p11_sign_error(const struct p11_token *token, const char *what, CK_RV rv);

/* An mdoc_p11_key for a private key of this token, with context-specific login. */
void p11_key(struct p11_token *token, CK_OBJECT_HANDLE private_key, struct mdoc_p11_key *key);

/* The public key behind it, as mdoc_p11_public_key() finds it. */
CK_RV p11_public_key(const struct p11_token *token, CK_OBJECT_HANDLE private_key, struct mdoc_public_key *key);

/*
 * All objects that match. *handles: free() by the caller; NULL when *count is 0.
 */
CK_RV p11_find(const struct p11_token *token, const CK_ATTRIBUTE *template_, CK_ULONG n, CK_OBJECT_HANDLE **handles,
	size_t *count);

/* One attribute, appended to out (which is wiped by mdoc_buf_clear). */
CK_RV p11_attribute(const struct p11_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
	struct mdoc_buf *out);
/* False when it is absent or false. */
bool p11_attribute_bool(const struct p11_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
CK_RV p11_attribute_ulong(const struct p11_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
	CK_ULONG *value);

/*
 * Make a key pair on a curve that signs, which stays in the token: private, sensitive, not extractable, sign only.
 * holder  true: a holder key where the token is ours; an ordinary key elsewhere
 * id      CKA_ID of both halves; label: of both, may be NULL
 */
CK_RV p11_generate(const struct p11_token *token, enum mdoc_curve curve, bool holder, struct mdoc_bytes id,
	const char *label, CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key);

/*
 * The same for an ordinary key that can be backed up: it leaves the token only wrapped by a key that the token's SO has
 * marked as trusted (CKA_WRAP_WITH_TRUSTED), where the module knows that. Where it does not, the key is made as
 * p11_generate() makes it.
 */
CK_RV p11_generate_kept(const struct p11_token *token, enum mdoc_curve curve, struct mdoc_bytes id, const char *label,
	CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key);

/* Store a DER certificate as CKO_CERTIFICATE with its subject, issuer and serial number.
 * trusted  CKA_TRUSTED true (needs an SO session) */
CK_RV p11_store_certificate(const struct p11_token *token, struct mdoc_bytes der, const char *label,
	struct mdoc_bytes id, bool trusted);

#endif
