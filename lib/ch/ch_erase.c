/* SPDX-License-Identifier: MIT
 * Erasure: the statements, which the gate of the store compares word for word. */
#include "base/str.h"
#include "ch/ch.h"

bool ch_erase_sql(char *out, size_t out_size, const struct ch_erase_form *form)
{
	const struct ch_table *t = form->table;
	char user[256] = "";

	if (form->end_user) {
		if (!t->user_column || !t->session_column ||
		        !str_format(user, sizeof(user),
		                " AND (%s = {u:String} OR (%s = '' AND %s IN {s:Array(String)}))",
		                t->user_column, t->user_column, t->session_column))
			return false;
	}
	return str_format(out, out_size,
	        "%s %s%s%s%s%s%s WHERE workspace_id = {w:String} AND project_id = {p:String}%s%s",
	        form->lightweight ? "DELETE FROM" : "ALTER TABLE",
	        form->database ? form->database : "", form->database ? "." : "", t->name,
	        form->cluster ? " ON CLUSTER " : "", form->cluster ? form->cluster : "",
	        form->lightweight ? "" : " DELETE", user,
	        form->lightweight ? "" : " SETTINGS mutations_sync = 2");
}
