/* fencing.pml - worklist/store.c: two worklistd at one database, of which one may commit events.
 * The right is a lock of the connection on which it commits, so a lost connection is a lost lock.
 *
 * Holds: each event is committed once, in order, whoever does it, however often connections are
 * lost; nobody commits what another has committed. */
#define EVENTS 5
#define LOSSES 4

byte owner;    /* who has the lock: 0 nobody, 1, 2 */
byte position; /* in the database */
byte committed[EVENTS];

proctype worklistd(byte me) {
    byte mine; /* the position as it read it under the lock */
    bool active_one = false;
end:
    do
    :: atomic { !active_one && owner == 0 -> owner = me; mine = position; active_one = true }
    :: atomic { active_one && mine < EVENTS ->
#ifdef PLANTED
        skip /* on a connection of its own, which knows nothing of the lock */
#else
        if
        :: owner != me -> active_one = false; goto lost
        :: else -> skip
        fi
#endif
        ;
        assert(committed[mine] == 0);
        committed[mine] = me;
        mine++;
        position = mine }
lost:
        skip
    od
}

active proctype world() {
    byte losses = 0;
    run worklistd(1);
    run worklistd(2);
end:
    do
    :: atomic { losses < LOSSES && owner != 0 -> losses++; owner = 0 }
    od
}
