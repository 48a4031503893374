# tour.sh - two minutes through a case for a first-time user: what to press, then what happened, as the audit has it.
# Sourced by ./demo --tour after sim/lab.sh; needs lab_api, lab_page, $lab_var and $studies (numbers, the fourth bleeds).

tour_rows() { lab_api GET "/api/audit?newest=1&acts=1&limit=100" | jq -c ".rows[] | select(.n >= $tour_from)"; }
tour_did() { tour_rows | jq -es "map(select($1)) | length > 0"; } # jq condition on a row

tour_step() { # number what-to-press jq-condition what-happened
    printf '\n  %s  %s\n' "$1" "$2"
    until tour_did "$3" >/dev/null 2>&1; do sleep 0.5; done
    printf '      done: %s\n' "$4"
    tour_rows | jq -rs "map(select($3)) | .[0] | \"      in the audit: row \(.n), \(.who), \(.what), \(.object)\""
}

tour_moved() {
    lab_api GET "/api/studies/${studies[3]}/history" |
        jq -er '[.moves[] | select(.to_position != null and .from_position > .to_position)][0] // empty | "      place \(.from_position) to \(.to_position): \(.reason)"'
}

tour() {
    lab_login tech
    tour_from=$(lab_api GET "/api/audit?newest=1&limit=1" | jq '.total')
    tour_step 1 "Open $lab_page and log in as tech ($(cat "$lab_var/keys/tech.password"))." \
        '.what | test("log ?in")' "you are in; every login is a row of the audit"
    tour_step 2 "Choose Lab 2 above. When a value stands in \"To confirm\": F2, then Enter (twice where the card asks for it)." \
        '.what | test("accept")' "the value is confirmed, its beats are kept with it"
    tour_step 3 "Ctrl+Z." '.what | test("undo")' "it is suggested again; the undo is a row of its own"
    printf '\n  4  Alt+3: the worklist. The patient of lab 2 bleeds at four times the speed; wait.\n'
    until tour_moved 2>/dev/null; do sleep 0.5; done
    echo "      done: the study moved, and its row says why. Enter opens it: what would change it, the course, every move"
    tour_step 5 "Log out, log in as reader ($(cat "$lab_var/keys/reader.password")), Alt+3, Acknowledge in the tray." \
        '.what | test("acknowledge")' "everybody sees that you look; it keeps its place"
    printf '\n  6  Alt+4: the audit has all of it, newest first. F1 names every key, Ctrl+K does anything by its name.\n'
    printf '\n  That was the tour. The lab goes on; Ctrl-C here stops everything.\n\n'
}
