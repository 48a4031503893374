/* t_hemod_config - hemod.ini and the key file: each mistake is refused with its place, and what is
 * right is read. */
#include "ingest/config.h"
#include "ingest/keys.h"
#include "tests/hemod_process.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <zmq.h>

#define KEY_A "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define KEY_B "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"

static const char good[] = "[hemod]\n"
                           "journal = /var/lib/hemod\n"
                           "key = hemod.secret\n"
                           "workers = 4 ; two cores\n"
                           "\n"
                           "[device LAB1-HEMO]\n"
                           "key = " KEY_A "\n"
                           "role = feed\nroom = 1\nstream = 11\n"
                           "[device WORKLISTD]\n"
                           "key = " KEY_B "\n"
                           "role = client\nstream = 1000\n";

static const struct {
    const char *what, *text, *want; /* words of the message, the place first */
} bad[] = {
    {"an unknown key", "[hemod]\njournal = x\nfoo = 1\n", ":3: unknown key \"foo\""},
    {"an unknown section", "[hemod]\njournal = x\n[rooms]\na = 1\n",
     ":4: unknown section \"rooms\""},
    {"no section at all", "journal = x\n", ":1: unknown section"},
    {"a key twice", "[hemod]\nworkers = 1\nworkers = 2\n", ":3: key \"workers\""},
    {"no number", "[hemod]\nworkers = two\n", ":2: value \"two\" (want workers = 1 to 16)"},
    {"a number too large", "[hemod]\nworkers = 17\n", ":2: value \"17\""},
    {"a number that wraps", "[hemod]\nsegment_mib = 18446744073709551617\n", ":2: value"},
    {"a negative number", "[hemod]\nspool_mib = -1\n", ":2: value \"-1\""},
    {"a line that is none", "[hemod]\njournal\n", ":2: not a line of an INI file"},
    {"a device's name", "[device lab 1]\nrole = feed\n", ":2: device \"lab 1\""},
    {"a device twice",
     "[device A]\nrole = client\nstream = 1\n[device B]\nrole = client\n"
     "stream = 2\n[device A]\nrole = feed\n",
     ":8: device \"A\""},
    {"a role that is none", "[device A]\nrole = admin\n", ":2: role \"admin\""},
    {"a key too short", "[device A]\nkey = abc\n", ":2: key \"abc\""},
    {"room 0", "[device A]\nroom = 0\n", ":2: value \"0\" (want room = 1 to 999)"},
    {"no role", "[device A]\nstream = 1\n", "device A: incomplete or in conflict (want role"},
    {"no stream", "[device A]\nrole = feed\nroom = 1\n", "(want stream"},
    {"no room", "[device A]\nrole = feed\nstream = 1\n", "(want room"},
    {"a client's room", "[device A]\nrole = client\nstream = 1\nroom = 2\n", "(want no room"},
    {"one stream for two",
     "[device A]\nrole = client\nstream = 1\n[device B]\nrole = client\n"
     "stream = 1\n",
     "device B: incomplete or in conflict (want a stream"},
    {"one key for two",
     "[device A]\nkey = " KEY_A "\nrole = client\nstream = 1\n[device B]\nkey = " KEY_A
     "\nrole = client\nstream = 2\n",
     "(want a key that no other"},
};

static struct config config;
static char why[CONFIG_WHY_MAX];

static enum hemo_error read_text(const char *text) {
    struct process p;
    process_folder(&p, true);
    process_write(p.config, text, 0600);
    enum hemo_error error = config_read(&config, p.config, why);
    process_remove(&p);
    return error;
}

static void reads_what_is_right(void **state) {
    (void)state;
    assert_int_equal(read_text(good), HEMO_OK);
    assert_string_equal(config.journal, "/var/lib/hemod");
    assert_string_equal(config.feeds, "tcp://127.0.0.1:7400");
    assert_int_equal(config.workers, 4);
    assert_int_equal(config.segment_mib, 64);
    assert_int_equal(config.devices_count, 2);
    assert_string_equal(config.devices[0].name, "LAB1-HEMO");
    assert_string_equal(config.devices[0].key, KEY_A);
    assert_int_equal(config.devices[0].role, ROLE_FEED);
    assert_int_equal(config.devices[0].room, 1);
    assert_int_equal(config.devices[0].stream, 11);
    assert_int_equal(config.devices[1].role, ROLE_CLIENT);
    assert_int_equal(config_check(&config, "x.ini", false, why), HEMO_OK);
}

static void refuses_what_is_wrong(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        enum hemo_error error = read_text(bad[i].text);
        if (error != HEMO_BAD_CONFIG || !strstr(why, bad[i].want))
            fprintf(stderr, "%s: %s\n", bad[i].what, why);
        assert_int_equal(error, HEMO_BAD_CONFIG);
        assert_non_null(strstr(why, bad[i].want));
        assert_null(strchr(why, '\n'));
    }
}

static void refuses_a_file_that_is_not_there(void **state) {
    (void)state;
    assert_int_equal(config_read(&config, "/nonexistent/hemod.ini", why), HEMO_NOT_FOUND);
    assert_non_null(strstr(why, "/nonexistent/hemod.ini: No such file"));
}

static void holds_the_whole_together(void **state) {
    (void)state;
    assert_int_equal(read_text(good), HEMO_OK);
    struct config whole = config;
    assert_int_equal(config_check(&whole, "x.ini", true, why), HEMO_OK);
    snprintf(whole.feeds, sizeof whole.feeds, "tcp://0.0.0.0:7400");
    assert_int_equal(config_check(&whole, "x.ini", false, why), HEMO_OK);
    assert_int_equal(config_check(&whole, "x.ini", true, why), HEMO_BAD_CONFIG);
    assert_non_null(strstr(why, "--insecure-loopback"));
    whole = config;
    snprintf(whole.metrics, sizeof whole.metrics, "0.0.0.0:7403");
    assert_int_equal(config_check(&whole, "x.ini", false, why), HEMO_BAD_CONFIG);
    whole = config;
    whole.devices[1].key[0] = 0;
    assert_int_equal(config_check(&whole, "x.ini", false, why), HEMO_BAD_CONFIG);
    assert_int_equal(config_check(&whole, "x.ini", true, why), HEMO_OK);
    whole = config;
    whole.journal[0] = 0;
    assert_int_equal(config_check(&whole, "x.ini", false, why), HEMO_BAD_CONFIG);
    whole = config;
    whole.devices_count = 0;
    assert_int_equal(config_check(&whole, "x.ini", false, why), HEMO_BAD_CONFIG);
}

static void reads_keys(void **state) {
    struct process p;
    struct keys keys;
    char path[160], text[64], public[41], secret[41], expected[41], problem[KEYS_WHY];
    (void)state;
    process_folder(&p, true);
    snprintf(path, sizeof path, "%s/x.secret", p.folder);
    assert_int_equal(zmq_curve_keypair(public, secret), 0);
    snprintf(text, sizeof text, "%s\n", secret);
    process_write(path, text, 0600);
    assert_int_equal(keys_read(&keys, path, problem), HEMO_OK);
    zmq_curve_public(expected, secret);
    assert_string_equal(keys.public, expected);
    assert_string_equal(keys.secret, secret);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(keys_read(&keys, path, problem), HEMO_NO_PERMISSION);
    assert_non_null(strstr(problem, "0600"));
    assert_int_equal(chmod(path, 0600), 0);
    process_write(path, "not a key\n", 0600);
    assert_int_equal(keys_read(&keys, path, problem), HEMO_BAD_FORMAT);
    snprintf(text, sizeof text, "%s \n", secret);
    process_write(path, text, 0600);
    assert_int_equal(keys_read(&keys, path, problem), HEMO_BAD_FORMAT);
    assert_int_equal(keys_read(&keys, "/nonexistent", problem), HEMO_NOT_FOUND);
    process_remove(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_right),
        cmocka_unit_test(refuses_what_is_wrong),
        cmocka_unit_test(refuses_a_file_that_is_not_there),
        cmocka_unit_test(holds_the_whole_together),
        cmocka_unit_test(reads_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
