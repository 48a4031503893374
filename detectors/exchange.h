/* exchange.h - two lines of a room changed places: cables were swapped at the device, or swapped
 * back. Pure.
 *
 *     exchange_watch(call);       // with each pulse of the detectors' clock
 *
 * Within two seconds each line shows what the other one did, and they were far apart: no heart does
 * that. Both labels are then wrong (WRONG_SITE, to the other's site) until they change back or a
 * person or the device says where the catheters are. Both lines begin anew, so that neither is
 * measured against the other's pulse. */
#pragma once
#include "detectors/report.h"

void exchange_watch(struct report_call *call);
