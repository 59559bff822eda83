/* SPDX-License-Identifier: MIT
 * CPU seconds of process trees and of the machine, from /proc. */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "tests/bench/load/load.h"

enum { STAT_BYTES = 1024, PROCESSES_MAX = 4096 };

struct process {
	int pid, parent;
	double own, ended; /* seconds: itself; children it waited for */
};

bool cpu_add(struct cpu *c, const char *text)
{
	const char *colon = strchr(text, ':');
	struct cpu_group *g = &c->group[c->len];
	int64_t pid;

	if (c->len == CPU_GROUPS_MAX || colon == NULL ||
	        !str_parse_int(colon + 1, 1, INT32_MAX, &pid) ||
	        !str_format(g->name, sizeof(g->name), "%.*s", (int)(colon - text), text))
		return false;
	g->pid = (int)pid;
	c->len++;
	return true;
}

static bool read_process(const char *pid, struct process *p)
{
	char path[64], text[STAT_BYTES] = "";
	unsigned long long user, system, ended_user, ended_system;
	const char *rest;
	FILE *f;

	if (!str_format(path, sizeof(path), "/proc/%s/stat", pid) ||
	        (f = fopen(path, "re")) == NULL)
		return false;
	rest = fgets(text, sizeof(text), f) != NULL ? strrchr(text, ')') : NULL;
	fclose(f);
	if (rest == NULL ||
	        sscanf(rest + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu",
	                &p->parent, &user, &system, &ended_user, &ended_system) != 5)
		return false;
	p->pid = atoi(pid);
	p->own = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
	p->ended = (double)(ended_user + ended_system) / (double)sysconf(_SC_CLK_TCK);
	return true;
}

static size_t read_processes(struct process *list)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	size_t len = 0;

	while (dir != NULL && len < PROCESSES_MAX && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		        read_process(entry->d_name, &list[len]))
			len++;
	}
	if (dir != NULL)
		closedir(dir);
	return len;
}

static double tree_seconds(const struct process *list, size_t len, int root)
{
	double sum = 0;

	for (size_t i = 0; i < len; i++) {
		if (list[i].pid == root)
			sum += list[i].own + list[i].ended;
		else if (list[i].parent == root)
			sum += tree_seconds(list, len, list[i].pid);
	}
	return sum;
}

static double machine_seconds(void)
{
	unsigned long long user, nice, system, idle, wait, irq, soft;
	FILE *f = fopen("/proc/stat", "re");
	int got = 0;

	if (f != NULL) {
		got = fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system,
		        &idle, &wait, &irq, &soft);
		fclose(f);
	}
	return got == 7 ? (double)(user + nice + system + irq + soft) / (double)sysconf(_SC_CLK_TCK)
	                : 0;
}

void cpu_begin(struct cpu *c)
{
	static struct process list[PROCESSES_MAX];
	size_t len = read_processes(list);

	for (size_t i = 0; i < c->len; i++)
		c->group[i].before = tree_seconds(list, len, c->group[i].pid);
	c->machine_before = machine_seconds();
}

void cpu_end(struct cpu *c)
{
	static struct process list[PROCESSES_MAX];
	size_t len = read_processes(list);

	for (size_t i = 0; i < c->len; i++)
		c->group[i].after = tree_seconds(list, len, c->group[i].pid);
	c->machine_after = machine_seconds();
}
