/* chaos_power - cuts the power of a mounted file system: all that it has not written is gone, as
 * after a power cut; what it has is there at the next mount. Loop images of tests only.
 *
 *     chaos_power FOLDER      the mount point; ext4 or xfs, root only */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CUT_POWER _IOR('X', 125, uint32_t)
enum { WITHOUT_FLUSHING_THE_LOG = 2 };

int main(int argc, char **argv) {
    struct stat here, above;
    char parent[512];
    if (argc != 2) {
        fprintf(stderr, "usage: chaos_power MOUNTPOINT\n");
        return 2;
    }
    snprintf(parent, sizeof parent, "%s/..", argv[1]);
    if (stat(argv[1], &here) != 0 || stat(parent, &above) != 0 || here.st_dev == above.st_dev) {
        fprintf(stderr, "chaos_power: %s: not a mount point (want a loop mount)\n", argv[1]);
        return 4;
    }
    uint32_t how = WITHOUT_FLUSHING_THE_LOG;
    int fd = open(argv[1], O_RDONLY | O_DIRECTORY);
    if (fd < 0 || ioctl(fd, CUT_POWER, &how) != 0) {
        fprintf(stderr, "chaos_power: %s: %s (want root and ext4)\n", argv[1],
                strerrordesc_np(errno));
        return 1;
    }
    close(fd);
    return 0;
}
