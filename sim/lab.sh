# lab.sh - a whole lab on this machine, for ./demo and the tests of all programs together. Sourced by bash, not run.
#
#   lab_init VAR PORT_BASE [--no-fsync]   folder of all state; ports from PORT_BASE: feeds +0, events +1, live +2,
#                                metrics of hemod +3, page +10, metrics of worklistd +11; --no-fsync: tests only
#   lab_up                       cluster, schema, keys, configurations, users, hemod, worklistd: returns when both are ready
#   lab_feed ROOM ARGUMENTS...   a hemosim feed for room ROOM (replay -r RECORD ... or play PATIENT ...), in the background
#   lab_api METHOD PATH [BODY]   one call of the interface, as the technologist; prints the answer, fails on an error status
#   lab_login USER               reader or tech
#   lab_down                     stops all in reverse order; lab_down also runs when the shell exits
#
# $lab_rooms says how many rooms are configured (default 3). Needs $PATH to have hemod, worklistd, hemoctl, hemosim; run from the root of the tree. Sets lab_page.

lab_init() {
    lab_var=$1 lab_base=$2
    lab_cluster_options=${3:-}
    lab_page=http://127.0.0.1:$((lab_base + 10))
    lab_pids=()
    mkdir -p "$lab_var/keys" "$lab_var/log"
    (umask 077 && : >"$lab_var/cookie")
    trap lab_down EXIT
}

lab_down() {
    local i
    trap - EXIT
    for ((i = ${#lab_pids[@]} - 1; i >= 0; i--)); do kill -TERM "${lab_pids[i]}" 2>/dev/null || true; done
    for ((i = ${#lab_pids[@]} - 1; i >= 0; i--)); do wait "${lab_pids[i]}" 2>/dev/null || true; done
    worklist/cluster stop "$lab_var/db" >/dev/null 2>&1 || true
}

lab_start() { # log program arguments...: in the background, its pid in lab_pid
    local log=$lab_var/log/$1
    shift
    "$@" >>"$log" 2>&1 </dev/null &
    lab_pid=$!
    lab_pids+=("$lab_pid")
}

lab_wait_for() { # what seconds command...
    local what=$1 seconds=$2 i
    shift 2
    for ((i = 0; i < seconds * 10; i++)); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    echo "lab: $what: not so within $seconds s; the logs in $lab_var/log end with:" >&2
    tail -n 3 "$lab_var"/log/* >&2 || true
    return 1
}

lab_device() { # name role room stream
    printf '[device %s]\nkey = %s\nrole = %s\n' "$1" "$(cat "$lab_var/keys/$1.public")" "$2"
    [ -z "$3" ] || echo "room = $3"
    echo "stream = $4"
}

lab_configure() {
    local name n
    for name in hemod WORKLISTD $(seq -f LAB%g-HEMO "${lab_rooms:-3}"); do
        [ -f "$lab_var/keys/$name.secret" ] || hemoctl keys "$name" --dir "$lab_var/keys" >/dev/null
    done
    {
        printf '[hemod]\njournal = %s\n' "$lab_var/journal"
        printf 'feeds = tcp://127.0.0.1:%d\n' "$lab_base"
        printf 'events = tcp://127.0.0.1:%d\n' $((lab_base + 1))
        printf 'live = tcp://127.0.0.1:%d\n' $((lab_base + 2))
        printf 'metrics = 127.0.0.1:%d\n' $((lab_base + 3))
        printf 'key = %s\nworkers = 2\n' "$lab_var/keys/hemod.secret"
        for ((n = 1; n <= ${lab_rooms:-3}; n++)); do lab_device "LAB$n-HEMO" feed $n $n; done
        lab_device WORKLISTD client "" 1000
    } >"$lab_var/hemod.ini"
    {
        printf '[worklistd]\n%s\n' "$lab_databases"
        printf 'listen = 127.0.0.1:%d\n' $((lab_base + 10))
        printf 'metrics = 127.0.0.1:%d\n' $((lab_base + 11))
        printf 'events = tcp://127.0.0.1:%d\n' $((lab_base + 1))
        printf 'live = tcp://127.0.0.1:%d\n' $((lab_base + 2))
        printf 'device = WORKLISTD\nkey = %s\n' "$lab_var/keys/WORKLISTD.secret"
        printf 'server_key = %s\nstate = %s\n' "$lab_var/keys/hemod.public" "$lab_var"
        printf 'web = %s\n' "$PWD/worklist/web"
    } >"$lab_var/worklistd.ini"
}

lab_metrics() { curl -fs "http://127.0.0.1:$((lab_base + $1))/metrics"; } # 3: hemod, 11: worklistd

lab_login() {
    local user=$1 answer
    answer=$(jq -n --arg user "$user" --arg password "$(cat "$lab_var/keys/$user.password")" '{user:$user,password:$password}')
    curl -fsS -c "$lab_var/cookie" "$lab_page/api/login" -H 'Content-Type: application/json' -d "$answer" >/dev/null
}

lab_api() {
    curl -fsS -b "$lab_var/cookie" -X "$1" "$lab_page$2" -H 'Content-Type: application/json' ${3:+-d "$3"}
}

lab_user() { # name role: made on the first run; the password is kept, readable to the owner only
    [ -s "$lab_var/keys/$1.password" ] || (
        umask 077
        hemoctl -c "$lab_var/worklistd.ini" user add "$1" --role "$2" >"$lab_var/keys/$1.password"
    )
}

lab_up() {
    lab_databases=$(worklist/cluster start "$lab_var/db" $lab_cluster_options 9>&-)
    lab_configure
    hemoctl -c "$lab_var/worklistd.ini" migrate >>"$lab_var/log/migrate"
    lab_user tech technologist
    lab_user reader reader
    lab_user admin administrator
    lab_user validator validator
    # A new lab is silent: this one shows what the machine found and lets it move the list.
    hemoctl -c "$lab_var/worklistd.ini" mode list | grep -q '^room all  procedure all  integrated' ||
        hemoctl -c "$lab_var/worklistd.ini" mode set integrated --why "a lab on one machine, for demonstration and tests"
    lab_start hemod hemod -c "$lab_var/hemod.ini"
    lab_wait_for "hemod answers" 10 lab_metrics 3
    lab_start worklistd worklistd -c "$lab_var/worklistd.ini"
    lab_wait_for "worklistd answers" 10 curl -fs "$lab_page/api/health"
}

lab_feed() {
    local room=$1
    shift
    lab_start "room$room" hemosim "$@" --send "tcp://127.0.0.1:$lab_base" --room "$room" --device "LAB$room-HEMO" \
        --key "$lab_var/keys/LAB$room-HEMO.secret" --server-key "$lab_var/keys/hemod.public"
}
