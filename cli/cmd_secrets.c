/* SPDX-License-Identifier: MIT
 * yavio secrets: a new value in the settings file, taken over by what runs, and stored values
 * encrypted anew. Every step can be done again: a rotation that was cut short goes on. */
#include <limits.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/app_data.h"
#include "cli/proc.h"
#include "cli/stack.h"
#include "crypto/crypto.h"
#include "json/json.h"
#include "store/store_sealed.h"

enum {
	REACH_MS = 5000,
	UP_MS = 10 * 60 * 1000,
	SCRIPT_MS = 60 * 1000,
	OUTPUT_BYTES = 256 * 1024,
	JSON_BYTES_MAX = 16 * 1024,
};

/* --- what still needs which key --- */

/* Stored values, or live API keys, that need a key of a ring. */
static enum err count_uses(struct pg *pg, enum conf_id ring, const char *key, int64_t *uses)
{
	return ring == CONF_ENCRYPTION_KEY ? store_sealed_count(pg, key, uses)
	                                   : store_key_secret_uses(pg, key, uses);
}

static bool is_ring(enum conf_id id)
{
	return id == CONF_ENCRYPTION_KEY || id == CONF_API_KEY_HASH_SECRET;
}

static enum cli_exit print_status(struct cli *cli, struct pg *pg, enum conf_id ring)
{
	struct conf_key key;
	struct json_writer w;
	struct buf b;
	enum err e = ERR_OK;

	buf_init(&b, JSON_BYTES_MAX);
	json_write_init(&w, &b);
	json_write_array(&w, NULL);
	for (size_t i = 0; e == ERR_OK && conf_key_at(cli->conf, ring, i, &key); i++) {
		int64_t uses = 0;

		e = count_uses(pg, ring, key.id, &uses);
		json_write_object(&w, NULL);
		json_write_str(&w, "key", key.id);
		json_write_bool(&w, "active", i == 0);
		json_write_int(&w, "uses", uses);
		json_write_end_object(&w);
		if (e == ERR_OK)
			cli_say(cli, "%s  %s, needed by %lld %s", key.id, i == 0 ? "active" : "old",
			        (long long)uses,
			        ring == CONF_ENCRYPTION_KEY ? "stored values" : "API keys");
	}
	crypto_wipe(&key, sizeof(key));
	json_write_end_array(&w);
	if (e == ERR_OK && cli->json)
		puts(buf_str(&b));
	buf_release(&b);
	return e == ERR_OK ? CLI_DONE : cli_fail(cli, e, NULL, "uses of the keys");
}

/* --- the settings file and what runs --- */

/* scripts/setup-env.sh knows how to change the file safely. */
static enum cli_exit edit_file(struct cli *cli, const char *how, const char *what)
{
	char script[PATH_MAX];
	const char *file = conf_env_file(cli->conf);
	char *argv[] = {script, (char *)"--env", (char *)file, (char *)how, (char *)what, NULL};
	struct buf out;
	int code;

	if (!str_format(script, sizeof(script), "%s/scripts/setup-env.sh", cli->share))
		return cli_fail(cli, ERR_CLI_INTERNAL_ERROR, NULL, "path too long");
	buf_init(&out, OUTPUT_BYTES);
	code = proc_run(argv, cli->environment, SCRIPT_MS, &out);
	if (code != 0)
		fprintf(stderr, "%s", buf_str(&out));
	else
		cli_verbose(cli, "%s", buf_str(&out));
	buf_release(&out);
	return code == 0 ? CLI_DONE
	                 : cli_fail(cli, ERR_CLI_PERMISSION, NULL, "%s was not changed", file);
}

/* Has the stack take the file over, as `yavio up` does: checked first, without a refused request.
 */
static enum cli_exit take_over(struct cli *cli)
{
	char program[PATH_MAX];
	char *argv[] = {program, (char *)"up", cli->env_file ? (char *)"--env" : NULL,
	        (char *)cli->env_file, NULL};
	struct buf out;
	int code;

	if (!supervisor_running(cli)) {
		cli_warn(cli, "nothing runs: the new settings count from the next yavio up");
		return CLI_DONE;
	}
	if (!str_format(program, sizeof(program), "%s/yavio", cli->bin))
		return cli_fail(cli, ERR_CLI_INTERNAL_ERROR, NULL, "path too long");
	buf_init(&out, OUTPUT_BYTES);
	code = proc_run(argv, cli->environment, UP_MS, &out);
	if (code != 0)
		fprintf(stderr, "%s", buf_str(&out));
	else
		cli_verbose(cli, "%s", buf_str(&out));
	buf_release(&out);
	return code == 0 ? CLI_DONE
	                 : cli_fail(cli, ERR_CLI_ROTATION_INCOMPLETE,
	                           "bin/yavio up, then run it "
	                           "again",
	                           "the programs did not take the new settings over");
}

/* The settings as the file has them now. */
static enum cli_exit read_again(struct cli *cli)
{
	struct conf_request request = {.program = CONF_CLI, .env_file = cli->env_file};
	struct conf *conf = NULL;
	enum err e = conf_load_request(&request, &conf);

	if (e != ERR_OK)
		return cli_fail(cli, e, NULL, "the settings cannot be used");
	conf_free(cli->conf);
	cli->conf = conf;
	return CLI_DONE;
}

/* --- rotate --- */

static enum cli_exit reseal(struct cli *cli, struct pg *pg, int64_t *values)
{
	struct crypto_keyring ring;
	int64_t rows = 1;
	enum err e = store_keyring_load(cli->conf, &ring);

	*values = 0;
	while (e == ERR_OK && rows > 0) {
		e = store_reseal(pg, &ring, &rows);
		*values += rows;
	}
	crypto_keyring_release(&ring);
	return e == ERR_OK ? CLI_DONE
	                   : cli_fail(cli, ERR_CLI_ROTATION_INCOMPLETE, NULL,
	                             "%lld rows are under the new key; then: %s",
	                             (long long)*values, err_message(e));
}

/* Values that are not under the active key: an earlier rotation was cut short. */
static enum err pending(struct cli *cli, struct pg *pg, int64_t *values)
{
	struct conf_key key;
	enum err e = ERR_OK;

	*values = 0;
	for (size_t i = 1; e == ERR_OK && conf_key_at(cli->conf, CONF_ENCRYPTION_KEY, i, &key);
	        i++) {
		int64_t uses = 0;

		e = store_sealed_count(pg, key.id, &uses);
		*values += uses;
	}
	crypto_wipe(&key, sizeof(key));
	return e;
}

static enum cli_exit report(struct cli *cli, const char *name, bool resumed, int64_t rows)
{
	if (cli->json)
		printf("{\"secret\":\"%s\",\"new_value\":%s,\"rows\":%lld}\n", name,
		        resumed ? "false" : "true", (long long)rows);
	else
		cli_say(cli, "%s %s %s%s", cli_mark(CLI_MARK_OK), name,
		        resumed ? "was rotated before: the rest is encrypted anew"
		                : "has a new value",
		        rows ? ", stored values are under it" : "");
	return CLI_DONE;
}

/* The database has to be there before anything changes: what is stored goes over to the new key. */
static enum cli_exit rotate_encryption(struct cli *cli, const char *name)
{
	struct pg *pg = NULL;
	int64_t values = 0, rows = 0;
	bool resumed;
	enum cli_exit rc = app_data_open(cli, REACH_MS, &pg);
	enum err e;

	if (rc == CLI_DONE && (e = pending(cli, pg, &values)) != ERR_OK)
		rc = cli_fail(cli, e, NULL, "uses of the keys");
	resumed = values > 0;
	if (rc == CLI_DONE && !resumed)
		rc = edit_file(cli, "--rotate", name);
	/* also when resumed: the programs must have the key before a value is under it */
	if (rc == CLI_DONE)
		rc = take_over(cli);
	if (rc == CLI_DONE)
		rc = read_again(cli);
	if (rc == CLI_DONE)
		rc = reseal(cli, pg, &rows);
	pg_close(pg);
	return rc == CLI_DONE ? report(cli, name, resumed, rows) : rc;
}

/* A value in the environment would go on winning over the file. */
static enum cli_exit check_origin(struct cli *cli, enum conf_id id)
{
	/* the settings of all programs: the CLI itself does not see each secret */
	struct conf_request request = {
	        .program = CONF_ALL, .env_file = cli->env_file, .tolerate = true};
	enum conf_origin origin = CONF_FROM_NOTHING;
	struct conf *all = NULL;

	if (conf_load_request(&request, &all) == ERR_OK)
		origin = conf_origin(all, id);
	conf_free(all);
	if (origin == CONF_FROM_ENV_FILE)
		return CLI_DONE;
	return cli_fail(cli, ERR_INFRA_ENV_CONFLICT, "change it there, then bin/yavio up",
	        "%s comes from %s, not from the settings file", conf_option(id)->name,
	        conf_origin_name(origin));
}

enum cli_exit cmd_secrets_rotate(struct cli *cli)
{
	struct pg *pg = NULL;
	enum cli_exit rc;
	enum conf_id id;

	if (!conf_option_find(cli->args[0], &id) || !(conf_option(id)->flags & CONF_FLAG_GENERATED))
		return cli_usage_error(cli, "%s is no secret that can be rotated", cli->args[0]);
	if (cli_flag(cli, "--status")) {
		if (!is_ring(id))
			return cli_usage_error(cli, "%s has one value", conf_option(id)->name);
		rc = app_data_open(cli, REACH_MS, &pg);
		if (rc == CLI_DONE)
			rc = print_status(cli, pg, id);
		pg_close(pg);
		return rc;
	}
	rc = check_origin(cli, id);
	if (rc == CLI_DONE && id == CONF_ENCRYPTION_KEY)
		return rotate_encryption(cli, conf_option(id)->name);
	if (rc == CLI_DONE)
		rc = edit_file(cli, "--rotate", conf_option(id)->name);
	if (rc == CLI_DONE)
		rc = take_over(cli);
	return rc == CLI_DONE ? report(cli, conf_option(id)->name, false, 0) : rc;
}

/* --- retire --- */

/* Index of a key in its ring; false: it is in none. */
static bool find_key(struct cli *cli, const char *name, enum conf_id *ring, size_t *index)
{
	struct conf_key key;
	bool found = false;

	*ring = name[0] == 'k' ? CONF_ENCRYPTION_KEY : CONF_API_KEY_HASH_SECRET;
	for (size_t i = 0; !found && conf_key_at(cli->conf, *ring, i, &key); i++) {
		found = strcmp(key.id, name) == 0;
		*index = i;
	}
	crypto_wipe(&key, sizeof(key));
	return found;
}

static enum cli_exit check_unused(struct cli *cli, enum conf_id ring, const char *name)
{
	struct pg *pg = NULL;
	int64_t uses = 0;
	enum cli_exit rc = app_data_open(cli, REACH_MS, &pg);
	enum err e;

	if (rc == CLI_DONE && (e = count_uses(pg, ring, name, &uses)) != ERR_OK)
		rc = cli_fail(cli, e, NULL, "uses of %s", name);
	else if (rc == CLI_DONE && uses > 0)
		rc = cli_fail(cli, ERR_CLI_ROTATION_INCOMPLETE,
		        ring == CONF_ENCRYPTION_KEY
		                ? "bin/yavio secrets rotate ENCRYPTION_KEY, which goes on with them"
		                : "rotate those API keys first",
		        "%lld %s need %s", (long long)uses,
		        ring == CONF_ENCRYPTION_KEY ? "stored values" : "API keys", name);
	pg_close(pg);
	return rc;
}

enum cli_exit cmd_secrets_retire(struct cli *cli)
{
	const char *name = cli->args[0];
	enum conf_id ring;
	size_t index = 0;
	enum cli_exit rc;

	if (!find_key(cli, name, &ring, &index))
		return cli_fail(cli, ERR_CLI_TARGET_NOT_FOUND,
		        "see what there is: bin/yavio secrets rotate ENCRYPTION_KEY --status",
		        "no key %s", name);
	if (index == 0)
		return cli_fail(cli, ERR_CLI_ROTATION_INCOMPLETE, "rotate it first",
		        "%s is the active key", name);
	rc = check_origin(cli, ring);
	if (rc == CLI_DONE)
		rc = check_unused(cli, ring, name);
	if (rc == CLI_DONE)
		rc = edit_file(cli, "--retire", name);
	if (rc == CLI_DONE)
		rc = take_over(cli);
	if (rc != CLI_DONE)
		return rc;
	if (cli->json)
		printf("{\"retired\":\"%s\"}\n", name);
	else
		cli_say(cli, "%s %s is gone", cli_mark(CLI_MARK_OK), name);
	if (ring == CONF_API_KEY_HASH_SECRET)
		cli_say(cli,
		        "  Recovery codes made before %s was replaced no longer work: who has "
		        "two-factor login makes new ones under Account, Security",
		        name);
	return CLI_DONE;
}
