/* message_rv.c: return values of PKCS#11 as sentences. SPDX-License-Identifier: BSD-2-Clause */
#include "tools/common/message.h"
#include "mdoc-pkcs11.h"

struct rv_row {
	CK_RV rv;
	enum exit_status status;
	const char *name;
	const char *sentence;
	const char *hint;
};

#define ROW(rv, status, sentence, hint) \
	{ \
		rv, EXIT_STATUS_##status, #rv, sentence, hint \
	}

static const char hint_bug[] = N_("This should not happen; please report it with what you did.");
static const char hint_so[] =
	N_("The security officer can set a new PIN with: mdoc-token pin reset --token LABEL --so-pin-file FILE");
static const char hint_first[] =
	N_("The security officer can let it be set with: mdoc-token pin set --token LABEL --so-pin-file FILE");
static const char hint_more[] =
	N_("Ask the issuer for new copies: mdoc-token renew where the token is enrolled, or request and then import.");

static const struct rv_row rows[] = {
	ROW(CKR_OK, OK, N_("no error"), NULL),
	ROW(CKR_HOST_MEMORY, TROUBLE, N_("the module is out of memory"), NULL),
	ROW(CKR_SLOT_ID_INVALID, TROUBLE, N_("there is no such slot"), NULL),
	ROW(CKR_GENERAL_ERROR, TROUBLE, N_("the module cannot work any more"), NULL),
	ROW(CKR_FUNCTION_FAILED, TROUBLE, N_("the module failed"), NULL),
	ROW(CKR_ARGUMENTS_BAD, TROUBLE, N_("the module does not accept these values"), NULL),
	ROW(CKR_ATTRIBUTE_READ_ONLY, TROUBLE, N_("the token does not let this attribute be set"), NULL),
	ROW(CKR_ATTRIBUTE_SENSITIVE, TROUBLE, N_("the token does not show this attribute"), NULL),
	ROW(CKR_ATTRIBUTE_TYPE_INVALID, TROUBLE, N_("the token does not know this attribute"), NULL),
	ROW(CKR_ATTRIBUTE_VALUE_INVALID, TROUBLE, N_("the token does not accept the value of an attribute"), NULL),
	ROW(CKR_ACTION_PROHIBITED, NO, N_("the token does not allow this"), NULL),
	ROW(CKR_CURVE_NOT_SUPPORTED, TROUBLE,
		N_("the key is on a curve that is not used here, or that the token lacks"), NULL),
	ROW(CKR_DATA_INVALID, TROUBLE, N_("the token does not accept these data"), NULL),
	ROW(CKR_DATA_LEN_RANGE, TROUBLE, N_("the data have a wrong length for the token"), NULL),
	ROW(CKR_DEVICE_ERROR, TROUBLE, N_("the token or its store failed"),
		N_("Look at the store's folder: does it exist, is it readable, is the disk in order? With a TPM: can "
		   "it be reached? mdoc-token doctor tells.")),
	ROW(CKR_DEVICE_MEMORY, TROUBLE, N_("the token is full, or the disk of its store, or the memory of its TPM"),
		N_("Make room on the disk; in a TPM by erasing a token that nobody needs: mdoc-token erase")),
	ROW(CKR_DEVICE_REMOVED, TROUBLE, N_("the token was taken away"), NULL),
	ROW(CKR_FUNCTION_NOT_SUPPORTED, TROUBLE, N_("the module does not offer this function"), NULL),
	ROW(CKR_KEY_FUNCTION_NOT_PERMITTED, NO, N_("this key may not be used for that"), NULL),
	ROW(CKR_KEY_TYPE_INCONSISTENT, TROUBLE, N_("it is another kind of key"), NULL),
	ROW(CKR_KEY_SIZE_RANGE, TROUBLE, N_("the key or what was agreed has a wrong length"), NULL),
	ROW(CKR_KEY_HANDLE_INVALID, TROUBLE, N_("the key is no longer there"), NULL),
	ROW(CKR_KEY_UNEXTRACTABLE, NO, N_("the key never leaves its token"), NULL),
	ROW(CKR_KEY_NOT_WRAPPABLE, NO, N_("the key does not leave its token in this way"), NULL),
	ROW(CKR_MECHANISM_INVALID, TROUBLE, N_("the token does not offer this mechanism"), NULL),
	ROW(CKR_MECHANISM_PARAM_INVALID, TROUBLE, N_("the token does not accept the mechanism's parameter"), NULL),
	ROW(CKR_OBJECT_HANDLE_INVALID, TROUBLE, N_("the object is no longer there"), NULL),
	ROW(CKR_OPERATION_ACTIVE, TROUBLE, N_("another operation is going on"), NULL),
	ROW(CKR_PIN_INCORRECT, NO, N_("the PIN is wrong"), NULL),
	ROW(CKR_PIN_INVALID, NO, N_("the PIN is not made of the characters that this token wants"),
		N_("Which ones the areas of the law want is in mdoc-pkcs11(7).")),
	ROW(CKR_PIN_LEN_RANGE, NO, N_("the PIN is too short or too long for this token"), NULL),
	ROW(CKR_PIN_EXPIRED, MUST_CHANGE, N_("the PIN must be changed first"),
		N_("The holder sets one of his own with: mdoc-token activate --token LABEL")),
	ROW(CKR_PIN_LOCKED, NO, N_("the PIN is locked after too many wrong tries"), hint_so),
	ROW(CKR_SESSION_COUNT, TROUBLE, N_("the token takes no more sessions"), NULL),
	ROW(CKR_SESSION_CLOSED, TROUBLE, N_("the session with the token has ended"), NULL),
	ROW(CKR_SESSION_HANDLE_INVALID, TROUBLE, N_("the session with the token has ended"), NULL),
	ROW(CKR_SESSION_EXISTS, TROUBLE, N_("a session with this token is still open"), NULL),
	ROW(CKR_SESSION_READ_ONLY, TROUBLE, N_("the session is read-only"), NULL),
	ROW(CKR_SIGNATURE_LEN_RANGE, TROUBLE, N_("the token gave a signature of another length"), NULL),
	ROW(CKR_TEMPLATE_INCOMPLETE, TROUBLE, N_("the token wants more attributes"), NULL),
	ROW(CKR_TEMPLATE_INCONSISTENT, TROUBLE, N_("the token does not accept these attributes together"), NULL),
	ROW(CKR_TOKEN_NOT_PRESENT, TROUBLE, N_("there is no token in the slot"), NULL),
	ROW(CKR_TOKEN_NOT_RECOGNIZED, TROUBLE, N_("the module does not know this kind of token"), NULL),
	ROW(CKR_TOKEN_WRITE_PROTECTED, TROUBLE, N_("the token is write-protected, or its store is read-only"), NULL),
	ROW(CKR_USER_ALREADY_LOGGED_IN, TROUBLE, N_("somebody is logged in already"), NULL),
	ROW(CKR_USER_ANOTHER_ALREADY_LOGGED_IN, TROUBLE, N_("somebody else is logged in already"), NULL),
	ROW(CKR_USER_NOT_LOGGED_IN, NO, N_("the PIN has not been given"), NULL),
	ROW(CKR_USER_PIN_NOT_INITIALIZED, NO, N_("no PIN has been set yet"), hint_first),
	ROW(CKR_USER_TYPE_INVALID, TROUBLE, N_("the module does not know this kind of user"), NULL),
	ROW(CKR_CRYPTOKI_NOT_INITIALIZED, TROUBLE, N_("the module has not been started"), hint_bug),
	ROW(CKR_FUNCTION_REJECTED, NO, N_("the token refused"), NULL),
	ROW(CKR_MDOC_INPUT_MALFORMED, INPUT, N_("the token does not understand the request"), NULL),
	ROW(CKR_MDOC_DOCTYPE, NO, N_("the request is for another kind of document"), NULL),
	ROW(CKR_MDOC_NOTHING_TO_DISCLOSE, NO, N_("nothing that was asked is held and agreed to"), NULL),
	ROW(CKR_MDOC_EXPIRED, NO, N_("the record has expired"), hint_more),
	ROW(CKR_MDOC_NOT_YET_VALID, NO, N_("the record is not valid yet"), N_("Is the clock of this machine right?")),
	ROW(CKR_MDOC_SUSPENDED, SUSPENDED, N_("the use of the record is suspended"),
		N_("Ask the office that suspended it to resume it.")),
	ROW(CKR_MDOC_SPENT, NO, N_("this copy has been used already"), hint_more),
	ROW(CKR_MDOC_READER_AUTH, NO, N_("the signature of the reader is wrong"), N_("Do not answer this reader.")),
	ROW(CKR_MDOC_KEY_NOT_BOUND, NO, N_("the key has no record yet"), hint_more),
	ROW(CKR_MDOC_NO_HOLDER_KEY, NO, N_("no free key of this token belongs to the record"),
		N_("Was it issued for another token, or imported already?")),
	ROW(CKR_MDOC_RECORD_MALFORMED, INPUT, N_("the token cannot read the record"), NULL),
	ROW(CKR_MDOC_RECORD_DIGEST, NO, N_("an element is not what the issuer signed"), NULL),
	ROW(CKR_MDOC_STORE_NEWER, TROUBLE, N_("the store was written by a newer version"),
		N_("Install that version; nothing has been changed.")),
	ROW(CKR_MDOC_STORE_DAMAGED, TROUBLE,
		N_("the store is damaged: something in it was changed, deleted or put back from outside"),
		N_("Erase the token with mdoc-token erase and have it issued again.")),
	ROW(CKR_MDOC_STORE_BUSY, TROUBLE, N_("another program kept the store busy"), N_("Try again.")),
	ROW(CKR_MDOC_PIN_STORE_READ_ONLY, TROUBLE, N_("the PIN cannot be checked because the store is read-only"),
		N_("Wrong tries must be counted, so the store must be writable.")),
	ROW(CKR_MDOC_KEY_AUTHORIZATION, NO, N_("the key may not sign such an element"), NULL),
	ROW(CKR_MDOC_TPM_OTHER, TROUBLE,
		N_("this is not the TPM that the token was made with, or the TPM has been cleared since"),
		N_("If the TPM was cleared, erase the token with mdoc-token erase and have it issued again.")),
	ROW(CKR_MDOC_TPM_INDEX_LOST, TROUBLE, N_("what the token had in the TPM was taken away by the TPM's owner"),
		hint_so),
	ROW(CKR_MDOC_STORE_ROLLED_BACK, TROUBLE,
		N_("an older copy of the store was put back: the TPM has counted further"),
		N_("Put back the newest one, or erase the token with mdoc-token erase and have it issued again.")),
	ROW(CKR_MDOC_TPM_OWNER_AUTH, NO, N_("the authorisation of the TPM's owner is missing or wrong"),
		N_("Name the file that has it in mdoc-pkcs11.conf: tpm-owner-auth-file = FILE")),
	ROW(CKR_MDOC_NOT_ENROLLED, NO, N_("the token has no attestation key yet"),
		N_("Enrol it with the issuer first: mdoc-token attest --enrol")),
	ROW(CKR_MDOC_CHECK_MISSING, NO, N_("the holder's identity must be checked first, and the check recorded"),
		N_("Say what was shown, and to whom: --checked TEXT --operator NAME")),
	ROW(CKR_MDOC_RETIRED, RETIRED, N_("the token is retired"), N_("It can only be erased: mdoc-token erase")),
	ROW(CKR_MDOC_AUTHENTICATOR, NO, N_("the authenticator's program is missing or gave no good verdict"),
		N_("Is it the one that the token was made with? mdoc-pkcs11.conf names it: authenticator = "
		   "/path/to/program")),
	ROW(CKR_MDOC_CLOCK_BACK, TROUBLE, N_("the clock is behind what the token has seen"),
		N_("Set the clock. If it was ahead before, the security officer has the token go by it again: "
		   "mdoc-token "
		   "resume")),
	ROW(CKR_MDOC_BLANK, NO, N_("the token is blank: it has its transport secret only"),
		N_("Initialise it with that secret: mdoc-token init --blank LABEL --transport-file FILE")),
	ROW(CKR_MDOC_NO_SUCH_RIGHT, NO, N_("the law's access matrix has no such right for that name in this area"),
		NULL),
	ROW(CKR_MDOC_INBOX_FULL, NO, N_("the inbox of the token is full"),
		N_("Enter the PIN, so that what waits there is taken out: mdoc-token inbox")),
	ROW(CKR_MDOC_NOT_ALLOWED_HERE, NO, N_("the area or card may not hold this: it is not on its list"), NULL),
	ROW(CKR_MDOC_BATCH_ACTIVE, TROUBLE, N_("a batch is open already"), hint_bug),
	ROW(CKR_MDOC_NO_BATCH, TROUBLE, N_("no batch is open"), hint_bug),
};

static const struct rv_row *
row_of(CK_RV rv)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].rv == rv)
			return &rows[i];
	return NULL;
}

const char *
message_rv(CK_RV rv)
{
	const struct rv_row *row = row_of(rv);

	return row != NULL ? _(row->sentence) : _("the module gave an answer that this program does not know");
}

const char *
message_rv_hint(CK_RV rv)
{
	const struct rv_row *row = row_of(rv);

	return row != NULL && row->hint != NULL ? _(row->hint) : NULL;
}

const char *
message_rv_name(CK_RV rv)
{
	const struct rv_row *row = row_of(rv);

	return row != NULL ? row->name : "CKR_?";
}

enum exit_status
message_rv_status(CK_RV rv)
{
	const struct rv_row *row = row_of(rv);

	return row != NULL ? row->status : EXIT_STATUS_TROUBLE;
}

enum exit_status
tool_rv_error(const char *what, CK_RV rv)
{
	tool_error("%s: %s (%s, 0x%08lX)", what, message_rv(rv), message_rv_name(rv), rv);
	if (message_rv_hint(rv) != NULL)
		tool_why("%s", message_rv_hint(rv));
	return message_rv_status(rv);
}
