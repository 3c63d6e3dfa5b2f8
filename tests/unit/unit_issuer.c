/* unit_issuer.c: unit tests of mdoc-issuer and mdoc-reader. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <CUnit/Basic.h>
#include "tests/unit/unit_issuer.h"
#include "tools/common/message.h"

int
main(void)
{
	unsigned failures;

	message_init("unit-issuer");
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	add_register_tests();
	add_register_states_tests();
	add_register_lists_tests();
	add_register_log_tests();
	add_claims_tests();
	add_proof_tests();
	add_reader_tests();
	add_evidence_tests();
	add_enrolment_tests();
	add_attestation_tests();
	add_ages_tests();
	add_algorithms_tests();
	add_device_tests();
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures != 0;
}
