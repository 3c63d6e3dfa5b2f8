/* notices.c: the four notices of the technical standard. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/notices.h"
#include "tools/common/message.h"

struct notice {
	const char *japanese; /* verbatim */
	const char *english;  /* our translation */
};

static const struct notice notices[] = {
	{ "カード代替電磁的記録利用者は、当該カード代替電磁的記録利用者の秘密鍵の漏えい、滅失又は毀損の防止その他の"
	  "秘密鍵の適切な管理を行わなければならないこと",
		"The user of the record must manage its private key properly: prevent that it leaks, is lost or is "
		"damaged." },
	{ "カード代替電磁的記録利用者は、そのカード代替電磁的記録を記録した電磁的記録媒体が組み込まれた移動端末設備を"
	  "紛失し又は当該移動端末設備の使用を停止したときは、速やかに失効の届出をしなければならないこと",
		"A user who loses, or stops using, the device with the medium that holds the record must promptly "
		"report it "
		"for revocation." },
	{ "カード代替電磁的記録利用者は、当該カード代替電磁的記録利用者の秘密鍵が漏えいし、滅失し、若しくは毀損した"
	  "とき、又は秘密鍵を記録した電磁的記録媒体が使用できなくなったときは、速やかにその旨を機構に届け出なければ"
	  "ならないこと",
		"A user whose private key has leaked, is lost or is damaged, or whose medium holding the private key "
		"has become "
		"unusable, must promptly notify the Organisation (J-LIS)." },
	{ "偽りその他不正の手段によりカード代替電磁的記録の発行を受けたときは、法第 55 条の規定により罰せられること。",
		"Whoever obtains the issue of a record by deceit or other wrongful means is punished under article 55 "
		"of the "
		"Act." },
};

void
notices_print(FILE *to)
{
	fprintf(to, "%s\n", _("Important matters:"));
	for (size_t i = 0; i < sizeof(notices) / sizeof(notices[0]); i++)
		fprintf(to, "\n  %zu. %s\n     %s\n", i + 1, notices[i].japanese, notices[i].english);
	fputc('\n', to);
}
