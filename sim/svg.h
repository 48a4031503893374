/* svg.h - the few shapes that pictures are made of, as SVG text: valid XML whatever the words say,
 * and the same bytes for the same calls.
 *
 *     svg_begin(out, 1200, 400, "title"); svg_sheet(out);
 *     svg_text(out, &(struct svg_word){.x = 10, .y = 20, .class = "label"}, "PA & more");
 *     svg_end(out);
 *
 * Classes are styled by svg_style: the page's dark theme (ui.md 6.9). Words
 * lose what is not printable ASCII. Numbers have one decimal. */
#pragma once
#include <stdio.h>

struct svg_word {
    double x, y;
    const char *class;
    const char *anchor; /* NULL: start */
};

struct svg_box {
    double x, y, width, height;
    const char *class;
};

void svg_begin(FILE *out, double width, double height, const char *title);
/* Styles the classes; not needed in a page that has svg_style itself. */
void svg_sheet(FILE *out);
void svg_end(FILE *out);
void svg_rect(FILE *out, const struct svg_box *box);
void svg_line(FILE *out, const struct svg_box *box); /* from (x, y) by (width, height) */
void svg_text(FILE *out, const struct svg_word *word, const char *text);
/* Words inside a tag or an attribute, escaped. */
void svg_escape(FILE *out, const char *text);
/* The rules of the classes, without the tag. */
extern const char svg_style[];
