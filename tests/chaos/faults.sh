# faults.sh - one function for each fault of the rig. Sourced by run; each does its harm, says what it did by `note`, and takes
# it back. A new fault is a function here and its name in $all_faults. Ends only processes that this run started.

all_faults="hemod_killed worklistd_killed backend_killed backend_terminated postmaster_killed feed_killed hemod_frozen
 worklistd_frozen feeds_cut feeds_held feeds_refused feeds_slow events_cut events_held events_refused events_slow power_cut
 second_hemod second_worklistd disk_full disk_stalled sync_slow sync_failed"

pid_of() { cat "$state/pid/$1" 2>/dev/null || echo 0; }
harm() { # signal name: to the process that runs under that name now
    local pid
    pid=$(pid_of "$2")
    [ "$pid" -gt 1 ] && kill "-$1" "$pid" 2>/dev/null
}
ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
roll() { echo $((RANDOM % ($2 - $1 + 1) + $1)); } # low high
nap() { sleep "$(roll "$1" "$2")e-3"; }           # milliseconds
within() { # seconds command...: how many milliseconds it took to come true, or nothing
    local limit=$(($(ms) + $1 * 1000)) began
    began=$(ms)
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(ms)" -lt "$limit" ] || return 1
        sleep 0.02
    done
    echo $(($(ms) - began))
}
slowest() { # name milliseconds: keeps the largest
    local file=$state/slowest.$1
    [ "${2:-999999}" -le "$(cat "$file" 2>/dev/null || echo -1)" ] || echo "${2:-999999}" >"$file"
}
hemod_says() { lab_metrics 3 | grep -qE "^$1"; }
worklistd_says() { lab_metrics 11 | grep -qE "^$1"; }

hemod_killed() {
    harm KILL hemod || return 0
    sleep 0.05
    slowest hemod_back_ms "$(within 15 hemod_says hemod_journal_events)"
}
worklistd_killed() {
    harm KILL worklistd || return 0
    sleep 0.05
    slowest worklistd_back_ms "$(within 15 worklistd_says hemo_worklist_position)"
}
postmaster() { head -1 "$place/data/postmaster.pid" 2>/dev/null || echo 0; }
backend() { pgrep -P "$(postmaster)" -f 'postgres: hemo_app' | shuf -n 1 --random-source=<(yes "$RANDOM"); }
backend_killed() { # the server then restarts all of its backends
    local pid
    pid=$(backend)
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
}
backend_terminated() { sql "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'hemo_app'" >/dev/null || true; }
postmaster_killed() {
    local pid
    pid=$(postmaster)
    [ "$pid" -gt 1 ] || return 0
    kill -KILL "$pid" 2>/dev/null || return 0
    slowest database_loss_seen_ms "$(within 5 worklistd_says 'hemo_worklist_database_up 0')"
    database_up || note "the database did not come back"
}
feed_killed() { harm KILL "feed$(roll 1 "$rooms")" || true; }
frozen() {
    harm STOP "$1" || return 0
    nap 100 1500
    harm CONT "$1" || true
}
hemod_frozen() { frozen hemod; }
worklistd_frozen() { frozen worklistd; }

tell() { echo "$2" >"$state/$1.fifo"; }
feeds_cut() { tell feeds cut; }
events_cut() { tell events cut; }
held() { tell "$1" hold; nap 200 2500; tell "$1" go; }
feeds_held() { held feeds; }
events_held() { held events; }
refused() { tell "$1" refuse; nap 100 1500; tell "$1" go; }
feeds_refused() { refused feeds; }
events_refused() { refused events; }
slow() { tell "$1" "delay $(roll 5 150)"; nap 300 1500; tell "$1" "delay 0"; }
feeds_slow() { slow feeds; }
events_slow() { slow events; }

# All that the journal's file system has not written is gone. Frozen first: an answer during the cut would be no real one.
power_cut() {
    [ -n "$disk" ] || return 0
    : >"$state/hold.hemod"
    harm STOP hemod || { rm -f "$state/hold.hemod"; return 0; }
    chaos_power "$disk" || note "no power cut"
    harm KILL hemod || true
    within 5 umount "$disk" >/dev/null || note "cannot unmount"
    mount -o loop "$state/disk.img" "$disk" || note "cannot mount again"
    rm -f "$state/hold.hemod"
    slowest hemod_back_ms "$(within 15 hemod_says hemod_journal_events)"
}
second_hemod() { # must refuse, and disturb nothing
    local code=0
    timeout 10 hemod -c "$lab_var/hemod.ini" >"$state/second" 2>&1 || code=$?
    [ "$code" = 4 ] || [ "$code" = 1 ] || [ "$(pid_of hemod)" = 0 ] || note "UNEXPECTED: a second hemod ended with $code: $(tail -1 "$state/second")"
}
# The first one is frozen and its lock taken from it; a second takes over; the first wakes up and must write nothing twice.
second_worklistd() {
    sed "s/^listen = .*/listen = 127.0.0.1:$((lab_base + 30))/; s/^metrics = .*/metrics = 127.0.0.1:$((lab_base + 31))/" \
        "$lab_var/worklistd.ini" >"$lab_var/second.ini"
    worklistd -c "$lab_var/second.ini" >>"$lab_var/log/second" 2>&1 &
    local pid=$!
    harm STOP worklistd || true
    backend_terminated
    nap 800 2000
    harm CONT worklistd || true
    nap 300 1000
    kill -KILL $pid 2>/dev/null
    wait $pid 2>/dev/null || true
}
disk_full() {
    [ -n "$disk" ] || return 0
    dd if=/dev/zero of="$disk/filler" bs=64k >/dev/null 2>&1 || true
    local seen=0
    seen=$(within 2 hemod_says 'hemod_journal_full 1') && slowest full_seen_ms "$seen"
    nap 0 500
    rm -f "$disk/filler"
}
# The disk takes nothing for some seconds: hemod says so within 2 s, if a feed sends at all.
disk_stalled() {
    [ -n "$disk" ] || return 0
    local seen=''
    fsfreeze -f "$disk" 2>/dev/null || return 0
    seen=$(within 3 hemod_says 'hemod_not_saved[{].* 1$') && slowest not_saved_seen_ms "$seen"
    nap 0 3000
    fsfreeze -u "$disk"
    [ -z "$seen" ] || within 5 sh -c "! curl -fs http://127.0.0.1:$((lab_base + 3))/metrics | grep -q 'hemod_not_saved[{].* 1\$'" >/dev/null ||
        note "UNEXPECTED: hemod did not say that it saves again"
}
syncs() { # strace's words, seconds
    command -v strace >/dev/null || return 0
    local pid
    pid=$(pid_of hemod)
    [ "$pid" -gt 1 ] || return 0
    timeout -k 1 "$2" strace -qq -f -p "$pid" -e trace=fdatasync -e inject=fdatasync:"$1" >/dev/null 2>&1 || true
}
sync_slow() { syncs "delay_enter=$(roll 50 400)000" "$(roll 1 2)"; }
sync_failed() { syncs "error=EIO:when=$(roll 1 3)" 1; }
