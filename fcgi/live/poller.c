/* SPDX-License-Identifier: MIT
 * Threads that answer jobs, in the order they came. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "fcgi/live/poller.h"

struct live_pollers {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct live_job *first, **last;
	_Atomic bool stopping;
	void (*done)(struct live_job *job, void *arg);
	void *arg;
	struct ch *ch[LIVE_POLLERS];
	pthread_t thread[LIVE_POLLERS];
	size_t threads;
	_Atomic size_t next; /* handle of the thread that starts next */
};

static bool is_stopping(void *arg)
{
	const struct live_pollers *p = arg;

	return p->stopping;
}

static struct live_job *take(struct live_pollers *p)
{
	struct live_job *job;

	pthread_mutex_lock(&p->lock);
	while (p->first == NULL && !p->stopping)
		pthread_cond_wait(&p->wake, &p->lock);
	job = p->stopping ? NULL : p->first;
	if (job != NULL) {
		p->first = job->next;
		if (p->first == NULL)
			p->last = &p->first;
		job->next = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	return job;
}

static void *run(void *arg)
{
	struct live_pollers *p = arg;
	struct ch *ch = p->ch[atomic_fetch_add(&p->next, 1)];
	struct live_job *job;

	while ((job = take(p)) != NULL) {
		live_ask(ch, job);
		p->done(job, p->arg);
	}
	return NULL;
}

static bool start(
        struct live_pollers *p, const struct conf_ch_endpoint *at, const struct ch_options *limits)
{
	struct ch_options options = *limits;

	options.stop = is_stopping;
	options.stop_arg = p;
	for (size_t i = 0; i < LIVE_POLLERS; i++) {
		p->ch[i] = ch_open(at, &options);
		if (p->ch[i] == NULL)
			return false;
	}
	for (; p->threads < LIVE_POLLERS; p->threads++)
		if (pthread_create(&p->thread[p->threads], NULL, run, p) != 0)
			return false;
	return true;
}

struct live_pollers *live_pollers_start(const struct conf_ch_endpoint *at,
        const struct ch_options *limits, void (*done)(struct live_job *job, void *arg), void *arg)
{
	struct live_pollers *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	p->last = &p->first;
	p->done = done;
	p->arg = arg;
	if (start(p, at, limits))
		return p;
	live_pollers_stop(p);
	return NULL;
}

void live_pollers_add(struct live_pollers *p, struct live_job *job)
{
	pthread_mutex_lock(&p->lock);
	job->next = NULL;
	*p->last = job;
	p->last = &job->next;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
}

void live_pollers_stop(struct live_pollers *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->threads; i++)
		pthread_join(p->thread[i], NULL);
	while (p->first != NULL) {
		struct live_job *job = p->first;

		p->first = job->next;
		live_job_free(job);
	}
	for (size_t i = 0; i < LIVE_POLLERS; i++)
		ch_close(p->ch[i]);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
