/* SPDX-License-Identifier: MIT
 * Counting live views by user. */
#include <pthread.h>
#include <stdlib.h>

#include "base/id.h"
#include "base/str.h"
#include "fcgi/live/seats.h"

struct user {
	char id[ID_UUID_BYTES];
	size_t seats;
};

struct live_seats {
	pthread_mutex_t lock;
	size_t per_user, total, used;
	struct user *users; /* those who have a seat */
	size_t users_len;
};

struct live_seats *live_seats_new(size_t per_user, size_t total)
{
	struct live_seats *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->users = calloc(total, sizeof(*s->users));
	if (s->users == NULL) {
		free(s);
		return NULL;
	}
	s->per_user = per_user;
	s->total = total;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void live_seats_free(struct live_seats *s)
{
	if (s == NULL)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s->users);
	free(s);
}

static struct user *find(struct live_seats *s, const char *id)
{
	for (size_t i = 0; i < s->users_len; i++)
		if (strcmp(s->users[i].id, id) == 0)
			return &s->users[i];
	return NULL;
}

static enum err take(struct live_seats *s, const char *id)
{
	struct user *u = find(s, id);

	if (u != NULL && u->seats >= s->per_user)
		return ERR_DASH_SSE_CONNECTION_LIMIT;
	if (s->used >= s->total)
		return ERR_DASH_LIVE_FEED_UNAVAILABLE;
	if (u == NULL) {
		u = &s->users[s->users_len++];
		str_copy(u->id, sizeof(u->id), id);
		u->seats = 0;
	}
	u->seats++;
	s->used++;
	return ERR_OK;
}

enum err live_seats_take(struct live_seats *s, const char *user_id)
{
	enum err e;

	pthread_mutex_lock(&s->lock);
	e = take(s, user_id);
	pthread_mutex_unlock(&s->lock);
	return e;
}

void live_seats_give(struct live_seats *s, const char *user_id)
{
	struct user *u;

	pthread_mutex_lock(&s->lock);
	u = find(s, user_id);
	if (u != NULL) {
		s->used--;
		if (--u->seats == 0)
			*u = s->users[--s->users_len];
	}
	pthread_mutex_unlock(&s->lock);
}

size_t live_seats_used(struct live_seats *s)
{
	size_t used;

	pthread_mutex_lock(&s->lock);
	used = s->used;
	pthread_mutex_unlock(&s->lock);
	return used;
}
