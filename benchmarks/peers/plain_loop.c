/* The forwarding loop that anybody would write first: recvfrom, unprotect, and for each viewer protect and sendto.
 *
 * It reads its work from standard input: the number of viewers; the publisher's key; then for each viewer its key, its
 * address and its port (keys in hex, as AES-GCM has them: 16 bytes and 12 of salt). It prints its own port and forwards
 * until it is killed. No MID, no slots, no reports: less work than any server has.
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
#include <unistd.h>

enum { KEY = 28, LONGEST = 2048 };

struct viewer {
    srtp_t session;
    struct sockaddr_in address;
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

int main(void) {
    char hex[2 * KEY + 1], address[64];
    int count, port;
    if (srtp_init() != srtp_err_status_ok || scanf("%d %56s", &count, hex) != 2)
        return 1;
    srtp_t publisher = session(hex, ssrc_any_inbound);
    struct viewer *viewers = calloc((size_t)count, sizeof *viewers);
    for (int at = 0; at < count; at++) {
        if (scanf("%56s %63s %d", hex, address, &port) != 3)
            return 1;
        viewers[at].session = session(hex, ssrc_any_outbound);
        viewers[at].address.sin_family = AF_INET;
        viewers[at].address.sin_port = htons((unsigned short)port);
        inet_pton(AF_INET, address, &viewers[at].address.sin_addr);
    }
    int in = socket(AF_INET, SOCK_DGRAM, 0), room = 4 << 20;
    setsockopt(in, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(in, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof own;
    bind(in, (struct sockaddr *)&own, sizeof own);
    getsockname(in, (struct sockaddr *)&own, &size);
    printf("%d\n", ntohs(own.sin_port));
    fflush(stdout);
    unsigned char packet[LONGEST], copy[LONGEST];
    for (;;) {
        int length = (int)recvfrom(in, packet, sizeof packet, 0, NULL, NULL);
        if (length < 0 || srtp_unprotect(publisher, packet, &length) != srtp_err_status_ok)
            continue;
        for (int at = 0; at < count; at++) {
            int sealed = length;
            memcpy(copy, packet, (size_t)length);
            if (srtp_protect(viewers[at].session, copy, &sealed) == srtp_err_status_ok)
                sendto(in, copy, (size_t)sealed, 0, (struct sockaddr *)&viewers[at].address, sizeof own);
        }
    }
}
