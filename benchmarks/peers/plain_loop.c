/* The forwarding loop that anybody would write first: recvfrom, unprotect, and for each viewer protect and sendto.
 *
 * It reads its work from standard input: the number of people; for each the key of what they send, the key of what they
 * get, their address and port (keys in hex, as AES-GCM has them: 16 bytes and 12 of salt); the number of streams; for
 * each its sender, its SSRC, how many get it, and who. It prints its own port and forwards until it is killed. No MID,
 * no slots, no reports, no consent: less work than any server has.
 *
 *     cc -O2 -o plain_loop plain_loop.c -lsrtp2
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { KEY = 28, LONGEST = 2048, PORTS = 65536 };

struct person {
    srtp_t inward, outward;
    struct sockaddr_in address;
};

struct stream {
    unsigned ssrc;
    int sender, count, *viewers;
};

static srtp_t session(const char *hex, srtp_ssrc_type_t direction) {
    unsigned char key[KEY];
    for (int at = 0; at < KEY; at++)
        if (sscanf(hex + 2 * at, "%2hhx", &key[at]) != 1)
            exit(2);
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    policy.ssrc.type = direction;
    policy.key = key;
    srtp_t made;
    if (srtp_create(&made, &policy) != srtp_err_status_ok)
        exit(3);
    return made;
}

static struct person *read_people(int count, int *by_port) {
    char in[2 * KEY + 1], out[2 * KEY + 1], address[64];
    int port;
    struct person *people = calloc((size_t)count, sizeof *people);
    for (int at = 0; at < count; at++) {
        if (scanf("%56s %56s %63s %d", in, out, address, &port) != 4 || port < 0 || port >= PORTS)
            exit(1);
        people[at].inward = session(in, ssrc_any_inbound);
        people[at].outward = session(out, ssrc_any_outbound);
        people[at].address.sin_family = AF_INET;
        people[at].address.sin_port = htons((unsigned short)port);
        inet_pton(AF_INET, address, &people[at].address.sin_addr);
        by_port[port] = at + 1;
    }
    return people;
}

static struct stream *read_streams(int count) {
    struct stream *streams = calloc((size_t)count, sizeof *streams);
    for (int at = 0; at < count; at++) {
        struct stream *one = &streams[at];
        if (scanf("%d %u %d", &one->sender, &one->ssrc, &one->count) != 3)
            exit(1);
        one->viewers = calloc((size_t)one->count, sizeof(int));
        for (int viewer = 0; viewer < one->count; viewer++)
            if (scanf("%d", &one->viewers[viewer]) != 1)
                exit(1);
    }
    return streams;
}

static int open_port(void) {
    int in = socket(AF_INET, SOCK_DGRAM, 0), room = 4 << 20;
    setsockopt(in, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(in, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    struct sockaddr_in own = {.sin_family = AF_INET};
    socklen_t size = sizeof own;
    bind(in, (struct sockaddr *)&own, sizeof own);
    getsockname(in, (struct sockaddr *)&own, &size);
    printf("%d\n", ntohs(own.sin_port));
    fflush(stdout);
    return in;
}

int main(void) {
    static int by_port[PORTS];
    int count, number, length;
    if (srtp_init() != srtp_err_status_ok || scanf("%d", &count) != 1)
        return 1;
    struct person *people = read_people(count, by_port);
    if (scanf("%d", &number) != 1)
        return 1;
    struct stream *streams = read_streams(number);
    int in = open_port();
    unsigned char packet[LONGEST], copy[LONGEST];
    for (;;) {
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        length = (int)recvfrom(in, packet, sizeof packet, 0, (struct sockaddr *)&from, &size);
        int sender = by_port[ntohs(from.sin_port)] - 1;
        /* no STUN, no RTCP */
        if (length < 12 || sender < 0 || packet[0] >> 6 != 2 || (packet[1] >= 192 && packet[1] <= 223))
            continue;
        if (srtp_unprotect(people[sender].inward, packet, &length) != srtp_err_status_ok)
            continue;
        unsigned ssrc = (unsigned)packet[8] << 24 | packet[9] << 16 | packet[10] << 8 | packet[11];
        struct stream *one = streams;
        while (one < streams + number && (one->ssrc != ssrc || one->sender != sender))
            one++;
        for (int at = 0; one < streams + number && at < one->count; at++) {
            struct person *viewer = &people[one->viewers[at]];
            int sealed = length;
            memcpy(copy, packet, (size_t)length);
            if (srtp_protect(viewer->outward, copy, &sealed) == srtp_err_status_ok)
                sendto(in, copy, (size_t)sealed, 0, (struct sockaddr *)&viewer->address, sizeof viewer->address);
        }
    }
}
