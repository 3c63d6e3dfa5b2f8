/*
 * stream_l2cap.c: L2CAP channels of Bluetooth Low Energy, by the kernel's sockets; no library.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tools/common/stream_internal.h"

#define ADDRESS_TEXT 17 /* "01:23:45:67:89:AB" */
#define PSM_MAX 0xFF    /* of Low Energy */

static bool
parse_psm(const char *text, bool any, uint16_t *psm)
{
	char *end = NULL;
	unsigned long number;

	if (*text < '0' || *text > '9')
		return false;
	number = strtoul(text, &end, 10);
	if (*end != '\0' || number > PSM_MAX || (number == 0 && !any))
		return false;
	*psm = (uint16_t)number;
	return true;
}

static bool
parse_address(const char *text, uint8_t address[6])
{
	for (size_t i = 0; i < 6; i++) {
		const char *at = text + 3 * i;
		unsigned value;
		int used = 0;

		if (strspn(at, "0123456789abcdefABCDEF") != 2 || sscanf(at, "%2x%n", &value, &used) != 1 || used != 2 ||
			(i < 5 && at[2] != ':'))
			return false;
		address[5 - i] = (uint8_t)value;
	}
	return true;
}

bool
stream_l2cap_parse(const char *text, bool listen, struct stream_l2cap *l2cap)
{
	static const char random[] = "/random";

	memset(l2cap, 0, sizeof(*l2cap));
	if (listen)
		return parse_psm(text, true, &l2cap->psm);
	if (strlen(text) <= ADDRESS_TEXT || !parse_address(text, l2cap->address))
		return false;
	text += ADDRESS_TEXT;
	if (strncmp(text, random, strlen(random)) == 0) {
		l2cap->random = true;
		text += strlen(random);
	}
	return *text == ':' && parse_psm(text + 1, false, &l2cap->psm);
}

#ifdef HAVE_BLUETOOTH
#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <bluetooth/l2cap.h>

static int
bound_socket(uint16_t psm)
{
	struct sockaddr_l2 any = { .l2_family = AF_BLUETOOTH, .l2_bdaddr_type = BDADDR_LE_PUBLIC };
	const uint16_t room = STREAM_ROOM - 1;
	const int fd = socket(AF_BLUETOOTH, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, BTPROTO_L2CAP);
	int saved;

	any.l2_psm = htobs(psm);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0) {
		(void)setsockopt(fd, SOL_BLUETOOTH, BT_RCVMTU, &room, sizeof(room));
		return fd;
	}
	saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

int
stream_l2cap_listen(const struct stream_l2cap *l2cap)
{
	const int fd = bound_socket(l2cap->psm);
	int saved;

	if (fd < 0 || listen(fd, 1) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int
stream_l2cap_connect(const struct stream_l2cap *l2cap)
{
	struct sockaddr_l2 peer = { .l2_family = AF_BLUETOOTH, .l2_bdaddr_type = BDADDR_LE_PUBLIC };
	const int fd = bound_socket(0);
	int saved;

	if (fd < 0)
		return -1;
	peer.l2_psm = htobs(l2cap->psm);
	memcpy(&peer.l2_bdaddr, l2cap->address, sizeof(l2cap->address));
	if (l2cap->random)
		peer.l2_bdaddr_type = BDADDR_LE_RANDOM;
	errno = 0;
	if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)) == 0 || errno == EINPROGRESS)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* The first adapter's address; zeros: not known. */
static void
own_address(uint8_t address[6])
{
	struct hci_dev_list_req *list = calloc(1, sizeof(*list) + HCI_MAX_DEV * sizeof(struct hci_dev_req));
	const int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, BTPROTO_HCI);
	struct hci_dev_info info = { 0 };

	memset(address, 0, 6);
	if (fd < 0 || list == NULL)
		goto out;
	list->dev_num = HCI_MAX_DEV;
	if (ioctl(fd, HCIGETDEVLIST, list) != 0 || list->dev_num == 0)
		goto out;
	info.dev_id = list->dev_req[0].dev_id;
	if (ioctl(fd, HCIGETDEVINFO, &info) == 0)
		memcpy(address, &info.bdaddr, 6);
out:
	free(list);
	if (fd >= 0)
		close(fd);
}

char *
stream_l2cap_where(int listener)
{
	struct sockaddr_l2 own = { 0 };
	socklen_t len = sizeof(own);
	uint8_t a[6];
	char *text = NULL;

	if (getsockname(listener, (struct sockaddr *)&own, &len) != 0)
		return NULL;
	own_address(a);
	return asprintf(&text, "l2cap:%02X:%02X:%02X:%02X:%02X:%02X:%u", a[5], a[4], a[3], a[2], a[1], a[0],
		       btohs(own.l2_psm)) < 0
		? NULL
		: text;
}

size_t
stream_l2cap_piece(int fd)
{
	struct sockaddr_l2 own = { 0 };
	socklen_t len = sizeof(own), size = sizeof(uint16_t);
	uint16_t most = 0;

	if (getsockname(fd, (struct sockaddr *)&own, &len) != 0 || own.l2_family != AF_BLUETOOTH)
		return SIZE_MAX;
	return getsockopt(fd, SOL_BLUETOOTH, BT_SNDMTU, &most, &size) == 0 && most > 0 ? most : 23;
}
#else
int
stream_l2cap_listen(const struct stream_l2cap *l2cap)
{
	(void)l2cap;
	errno = EAFNOSUPPORT;
	return -1;
}

int
stream_l2cap_connect(const struct stream_l2cap *l2cap)
{
	(void)l2cap;
	errno = EAFNOSUPPORT;
	return -1;
}

char *
stream_l2cap_where(int listener)
{
	(void)listener;
	return NULL;
}

size_t
stream_l2cap_piece(int fd)
{
	(void)fd;
	return SIZE_MAX;
}
#endif
