/* info.h - `hemosim info` and `hemosim list`: what a record holds; which patients and faults
 * there are. */
#pragma once
#include "sim/options.h"

enum hemo_error info_run(const struct options *options, struct failure *failure);
void info_list(const struct options *options);
