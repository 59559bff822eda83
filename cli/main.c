/* SPDX-License-Identifier: MIT
 * bin/yavio: starts, stops, asks and repairs a Yavio. */
#include <unistd.h>

#include "cli/cli.h"

extern char **environ;

int main(int argc, char **argv)
{
	return cli_main(argc, argv, environ);
}
