/*
 * tokens/store/schema.h: the tables of the two kinds of database, and the names of files.
 *
 * $store/slots.db                     which slot is which area
 * $store/areas/SERIAL/area.db         one area
 * $store/areas/SERIAL/login.lock      one PIN check at a time
 * $store/areas/SERIAL/counter.lock    one commit at a time, where a device counts them
 * $store/areas/SERIAL/slot-ID         empty: which slot it is, should slots.db be lost
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_STORE_SCHEMA_H
#define TOKENS_STORE_SCHEMA_H

#include "tokens/store/db.h"

#define STORE_SLOTS_FILE "slots.db"
#define STORE_AREAS_FOLDER "areas"
#define STORE_AREA_FILE "area.db"

extern const struct db_schema schema_slots;
extern const struct db_schema schema_area;

#endif
