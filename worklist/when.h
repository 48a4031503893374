/* when.h - the clock on the wall, as the interface writes it: 2026-03-02T10:41:58.120Z. */
#pragma once
#include <stdint.h>

enum { WHEN_TEXT = 32 };

void when_now(char out[WHEN_TEXT]);
void when_text(int64_t since_1970_ns, char out[WHEN_TEXT]);
int64_t when_now_ms(void);    /* since 1970 */
int64_t when_steady_ms(void); /* for durations: never set back */
int64_t when_steady_us(void);
