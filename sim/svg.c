#include "sim/svg.h"

/* Channels and surfaces as in worklist/web/css/tokens.css. */
const char svg_style[] =
    "svg{background:#0b0f14;font:12px system-ui,'DejaVu Sans',sans-serif}\n"
    "text{fill:#a9b7c6}.title{fill:#e6edf3;font-size:14px}.small{font-size:10px;fill:#8595a6}\n"
    ".lane{fill:#131a22}.grid{stroke:#2a3846}.edge{stroke:#62788e}\n"
    "path{fill:none;stroke-width:1.2;stroke-linejoin:round}\n"
    ".ecg{stroke:#67f794}.ao{stroke:#f45f67}.lv{stroke:#fb9b2b}.pa{stroke:#e4cc86}\n"
    ".pcw{stroke:#a4cef4}.ra{stroke:#ad8ff9}.rv{stroke:#f2fd68}.la{stroke:#f5f6f7}\n"
    ".pao{stroke:#f58cc6}.pd{stroke:#79fbfd}.aux{stroke:#a9b7c6}.grey{stroke:#62788e}\n"
    "text.ecg{fill:#67f794}text.ao{fill:#f45f67}text.lv{fill:#fb9b2b}text.pa{fill:#e4cc86}\n"
    "text.pcw{fill:#a4cef4}text.ra{fill:#ad8ff9}text.rv{fill:#f2fd68}text.la{fill:#f5f6f7}\n"
    "text.pao{fill:#f58cc6}text.pd{fill:#79fbfd}\n"
    "text.lane-name{font-size:14px;stroke:none}\n"
    ".withheld{fill:#ffb020;fill-opacity:.16}.noted{fill:#a4cef4;fill-opacity:.13}\n"
    ".missing{fill:#62788e;fill-opacity:.35}.span{fill:#c7a6ff;fill-opacity:.10}\n"
    ".found{fill:#e6edf3;stroke:none}.left-out{stroke:#8595a6}.truth{fill:none;stroke:#63d297}\n"
    ".used{fill:#c7a6ff;stroke:none}.finding{stroke:#ff5a52;stroke-dasharray:4 3}\n"
    "text.finding{fill:#ff5a52;stroke:none}.value{stroke:#c7a6ff;stroke-dasharray:2 2}\n"
    "text.value{fill:#c7a6ff;stroke:none}.beyond{stroke:#ffb020;stroke-width:3}\n"
    "text.withheld{fill:#ffb020;fill-opacity:1;font-size:10px}\n"
    "text.noted{fill:#a4cef4;fill-opacity:1;font-size:10px}\n";

void svg_escape(FILE *out, const char *text) {
    for (; *text; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(*text < ' ' || *text > '~' ? '?' : *text, out);
        }
}

void svg_begin(FILE *out, double width, double height, const char *title) {
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
            "viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n<title>",
            width, height, width, height);
    svg_escape(out, title);
    fputs("</title>\n", out);
}

void svg_sheet(FILE *out) {
    fprintf(out, "<style>%s</style>\n", svg_style);
}

void svg_end(FILE *out) {
    fputs("</svg>\n", out);
}

void svg_rect(FILE *out, const struct svg_box *b) {
    fprintf(out,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", b->class,
            b->x, b->y, b->width, b->height);
}

void svg_line(FILE *out, const struct svg_box *b) {
    fprintf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", b->class,
            b->x, b->y, b->x + b->width, b->y + b->height);
}

void svg_text(FILE *out, const struct svg_word *word, const char *text) {
    fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\"", word->class, word->x, word->y);
    if (word->anchor)
        fprintf(out, " text-anchor=\"%s\"", word->anchor);
    fputc('>', out);
    svg_escape(out, text);
    fputs("</text>\n", out);
}
