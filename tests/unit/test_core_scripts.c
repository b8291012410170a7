/* test_core_scripts.c - runs every golden script of tests/scripts. */
#include <check.h>
#include <glob.h>
#include <stdlib.h>

#include "tests/lib/script.h"

static glob_t scripts;

START_TEST(test_script) {
    ck_assert_msg(script_run(scripts.gl_pathv[_i]), "%s differs",
                  scripts.gl_pathv[_i]);
}
END_TEST

int main(void) {
    if (glob(PARLANCE_SCRIPTS "/*.txt", 0, NULL, &scripts) != 0)
        return EXIT_FAILURE;
    Suite *suite = suite_create("core_scripts");
    TCase *tcase = tcase_create("scripts");
    tcase_add_loop_test(tcase, test_script, 0, (int)scripts.gl_pathc);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    globfree(&scripts);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
