/* ack.pml - proto/link.c and ingest/writer.c: a feed forgets what is acknowledged; hemod
 * acknowledges what is on disk; hemod is killed, connections break.
 *
 * Holds: what the feed has forgotten is on disk, whenever hemod is killed; each record is on disk
 * once, in order. */
#define RECORDS 4
#define KILLS 2
#define BREAKS 2

mtype = { HELLO, RECORD, WELCOME, ACK };
chan up = [3] of { mtype, byte };   /* HELLO first held, RECORD number */
chan down = [3] of { mtype, byte }; /* WELCOME next, ACK next */

byte forgotten;      /* the feed: below are gone */
byte taken, durable; /* hemod: in memory, on disk */
bool up_again = true; /* the connection is new: Hello is due */

inline lose_connection() {
    do
    :: nempty(up) -> up ? _, _
    :: nempty(down) -> down ? _, _
    :: empty(up) && empty(down) -> break
    od;
    up_again = true
}

active proctype feed() {
    byte next = 0, n;
    bool welcomed = false;
end:
    do
    :: atomic { up_again && nfull(up) -> up ! HELLO, forgotten; up_again = false; welcomed = false }
    :: atomic { welcomed && !up_again && next < RECORDS && nfull(up) -> up ! RECORD, next; next++ }
    :: atomic { down ? WELCOME, n -> assert(n >= forgotten); next = n; welcomed = true }
    :: atomic { down ? ACK, n ->
        if
        :: n > forgotten -> forgotten = n
        :: else -> skip
        fi }
    od
}

active proctype hemod() {
    byte n, disk = 0;
end:
    do
    :: atomic { nfull(down) && up ? [HELLO, _] -> up ? HELLO, n; down ! WELCOME, taken }
    :: atomic { up ? RECORD, n ->
        if
        :: n == taken -> taken++
        :: else -> skip /* a repeat, or behind a hole */
        fi }
#ifdef PLANTED
    :: atomic { taken > durable && nfull(down) -> down ! ACK, taken } /* before the sync */
#endif
    :: atomic { taken > durable -> /* one sync for a group */
        do
        :: disk < taken -> assert(disk == durable); disk++; durable++
        :: else -> break
        od }
    :: atomic { durable > 0 && nfull(down) -> down ! ACK, durable }
    od
}

active proctype world() {
    byte kills = 0, breaks = 0;
end:
    do
    :: atomic { kills < KILLS -> kills++; taken = durable; lose_connection(); assert(forgotten <= durable) }
    :: atomic { breaks < BREAKS -> breaks++; lose_connection() }
    od
}
