# feeding.sh - the rooms of the rig: one patient after another, each with a study, a case and a recording of its own band, sent
# by hemosim at 20 times real time. In the middle of many recordings the case is closed and opened again. Sourced by run.

# One call of the interface, again until it is answered: the answer's body, or nothing where it was refused (4xx).
insist() { # method path body
    local answer code i
    for ((i = 0; i < 300; i++)); do
        answer=$(curl -s -m 5 -b "$lab_var/cookie" -X "$1" "$lab_page$2" -H 'Content-Type: application/json' -d "$3" -w '\n%{http_code}')
        code=${answer##*$'\n'}
        case $code in
        2??) echo "${answer%$'\n'*}"; return 0 ;;
        4??) note "$1 $2: ${answer//$'\n'/ }"; return 1 ;;
        esac
        sleep 0.1
    done
    note "no answer to $1 $2"
    return 1
}
metric() { lab_metrics "$1" | awk -v name="$2" 'index($1, name) == 1 { n += $2; there = 1 } END { if (there) printf "%.0f", n }'; }
has_case() { [ "$(metric 3 "hemod_case_number{room=\"$1\"")" = "$2" ] && [ "$(sql 'select count(*) from command where acked_at is null')" = 0 ]; }
# Whose case it is, is known when hemod says so: a command may wait long in a partition, and the next patient with it.
await_case() {
    within 60 has_case "$1" "$2" >/dev/null && return
    note "UNEXPECTED: room $1 never came to case $2: hemod has $(metric 3 "hemod_case_number{room=\"$1\""), the database" \
        "$(sql "select 'open', number from lab_case where room = $1 and closed_at is null union all
                (select 'unacknowledged', id from command where acked_at is null limit 5)" | tr '\n' ' ')"
}

open_case() { # room study run: prints the case
    local answer
    answer=$(insist POST "/api/rooms/$1/case" "{\"study\":$2,\"request_id\":\"open-$3-$RANDOM$RANDOM\"}") || answer=
    # Where the answer was lost, the case may be open all the same.
    [ -n "$answer" ] || answer=$(insist GET /api/studies '' | jq -c ".studies[] | select(.study == $2)")
    jq -r '.case // empty' <<<"$answer"
}
close_case() {
    insist DELETE "/api/rooms/$1/case" "{\"request_id\":\"close-$1-$RANDOM$RANDOM\"}" >/dev/null || true
    await_case "$1" 0
}
send() { # room run from seconds: in the background
    chaos_record "$state/records" "$2" "$3"
    hemosim replay -q -r "$state/records/run-$2" --speed $speed --send "tcp://127.0.0.1:$((lab_base + 20))" --room "$1" \
        --device "LAB$1-HEMO" --key "$state/keys/LAB$1-HEMO.secret" --server-key "$state/keys/hemod.public" \
        >>"$state/log/room$1" 2>&1 &
    echo $! >"$state/pid/feed$1"
}
sent() { # room run seconds: waits for its end
    local code=0 pid
    pid=$(pid_of "feed$1")
    wait "$pid" || code=$?
    echo 0 >"$state/pid/feed$1"
    case $code in
    0) echo "$2 $(($3 * 250))" >"$state/runs/$2" ;;
    137) echo killed >>"$state/feeds_killed" ;;
    *) note "UNEXPECTED: the feed of room $1 ended with $code: $(tail -1 "$state/log/room$1")" ;;
    esac
    rm -f "$state/records/run-$2".*
}

warm_up() { # a room is known once it was heard; runs 0 to rooms-1, without a case
    local room
    for ((room = 1; room <= rooms; room++)); do
        send "$room" $((room - 1)) 5
        sent "$room" $((room - 1)) 5
    done
    for ((room = 1; room <= rooms; room++)); do
        within 20 sh -c "curl -fs -b '$lab_var/cookie' $lab_page/api/rooms | jq -e '.rooms[] | select(.room == $room)'" >/dev/null ||
            note "UNEXPECTED: room $room is not known"
    done
}

one_patient() { # room run
    local study number again=$((RANDOM % 2))
    study=$(insist POST /api/studies "{\"patient_id\":\"P$2\",\"patient_id_issuer\":\"T\",\"patient_name\":\"TEST^P$2\",
        \"accession\":\"A$2\",\"accession_issuer\":\"T\",\"study_uid\":\"2.25.$2\",\"description\":\"run $2\"}" | jq -r .study)
    # Where the answer was lost, the repeat was refused as a double: look it up.
    [ -n "$study" ] || study=$(insist GET /api/studies '' | jq -r ".studies[] | select(.accession == \"A$2\") | .study")
    number=$(open_case "$1" "$study" "$2")
    if [ -z "$number" ]; then
        note "no case for run $2"
        close_case "$1"
        return
    fi
    await_case "$1" "$number"
    send "$1" "$2" $record_s
    if [ $again = 1 ]; then
        nap 500 2500
        insist DELETE "/api/rooms/$1/case" "{\"request_id\":\"again-$2-$RANDOM$RANDOM\"}" >/dev/null || true
        number=$(open_case "$1" "$study" "$2")
    fi
    sent "$1" "$2" $record_s
    close_case "$1"
}

feed_room() { # room: until the faults are over
    local run=$(($1 - 1 + rooms))
    RANDOM=$((seed + $1))
    while [ -e "$state/feeding" ]; do
        one_patient "$1" $run
        run=$((run + rooms))
    done
}
