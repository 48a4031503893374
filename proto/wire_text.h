/* wire_text.h - which bytes may stand in an identifier or text that came from outside. Pure.
 *
 * None lets a NUL, a control character or a broken UTF-8 sequence pass, nor the characters that
 * turn the direction of a line or end it, so that what a person reads is what the bytes say. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool wire_text_device(const uint8_t *bytes, size_t length); /* [A-Z0-9.-]* */
bool wire_text_ascii(const uint8_t *bytes, size_t length);  /* [ -~]* */
bool wire_text_line(const uint8_t *bytes, size_t length);   /* UTF-8, one line */
bool wire_text_lines(const uint8_t *bytes, size_t length);  /* UTF-8 with tab, LF and CR */
