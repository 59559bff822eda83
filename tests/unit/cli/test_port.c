/* SPDX-License-Identifier: MIT
 * Ports: who holds one, read from /proc as the kernel writes it. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/proc.h"

static const char table[] = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
                            "retrnsmt   uid  timeout inode\n"
                            "   0: 0100007F:0BB8 0100007F:C001 01 00000000:00000000 00:00000000 "
                            "00000000  1000        0 111 1 0\n"
                            "   1: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 "
                            "00000000  1000        0 222 1 0\n"
                            "   2: 00000000:1FBB 00000000:0000 0A 00000000:00000000 00:00000000 "
                            "00000000     0        0 333 1 0\n";
static const char table6[] =
        "  sl  local_address                         remote_address                        st "
        "tx_queue "
        "rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 00000000000000000000000000000000:0BB9 00000000000000000000000000000000:0000 0A "
        "00000000:00000000 00:00000000 00000000     0        0 444 1 0\n";

static void only_listening_sockets_count(void **state)
{
	(void)state;
	assert_int_equal(proc_listen_inode(table, 3000), 222);
	assert_int_equal(proc_listen_inode(table, 8123), 333);
	assert_int_equal(proc_listen_inode(table, 3001), 0);
	assert_int_equal(proc_listen_inode(table6, 3001), 444);
	assert_int_equal(proc_listen_inode("", 3000), 0);
	assert_int_equal(proc_listen_inode("no table\nat all\n", 3000), 0);
}

/* A socket of this very process is found as the holder, by pid and name. */
static void a_real_holder_is_named(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);
	struct proc_holder holder;
	char name[PROC_NAME_BYTES];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint16_t port;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	port = ntohs(at.sin_port);
	assert_int_equal(proc_port_probe("127.0.0.1", port), EADDRINUSE);
	assert_true(proc_port_holder(port, &holder));
	assert_int_equal(holder.pid, getpid());
	proc_name(getpid(), name);
	assert_string_equal(holder.name, name);
	(void)close(fd);
	assert_int_equal(proc_port_probe("127.0.0.1", port), 0);
	assert_false(proc_port_holder(port, &holder));
}

static void addresses_are_checked(void **state)
{
	(void)state;
	assert_int_equal(proc_port_probe("no address", 3000), EINVAL);
	assert_int_equal(proc_port_probe("192.0.2.1", 3000), EADDRNOTAVAIL);
}

static void a_program_is_run_and_read(void **state)
{
	char *const hello[] = {
	        (char *)"sh", (char *)"-c", (char *)"echo out; echo err >&2; exit 3", NULL};
	char *const slow[] = {(char *)"sleep", (char *)"60", NULL};
	char *const absent[] = {(char *)"/no/such/program", NULL};
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	assert_int_equal(proc_run(hello, NULL, 5000, &out), 3);
	assert_string_equal(buf_str(&out), "out\nerr\n");
	assert_int_equal(proc_run(slow, NULL, 100, NULL), -1);
	buf_clear(&out);
	assert_int_equal(proc_run(slow, NULL, 100, &out), -1);
	assert_int_equal(proc_run(absent, NULL, 5000, NULL), 127);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(only_listening_sockets_count),
	        cmocka_unit_test(a_real_holder_is_named),
	        cmocka_unit_test(addresses_are_checked),
	        cmocka_unit_test(a_program_is_run_and_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
