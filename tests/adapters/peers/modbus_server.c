/* A Modbus TCP server on somebody else's stack (libmodbus), as a press that takes commands by the
 * id-echo handshake. Loopback only.
 *
 *     modbus_server PORT [LOG [DELAY_MS [DIE]]]
 *
 * holding 0-1 float 123.5 high word first, 2-3 low word first, 4-5 the number 100000, 6 -5,
 * 10-13 "PRESS-01", 20-21 NaN; 100-101 command number, 102 recipe, 103 strobe; 110-111 number
 * taken, 112 what became of it (3 done). LOG gets a line for each command that was executed, and
 * LOG.kept keeps the last number. DELAY_MS before each answer to a write; in DIE of a hundred
 * commands the process is killed after it has executed one, before it answers. From 1000 on there is
 * nothing.
 */
#include <errno.h>
#include <modbus.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static modbus_mapping_t *map;
static const char *log_name;
static char kept_name[1024];

static uint32_t number_at(int at) {
    return (uint32_t)map->tab_registers[at] << 16 | map->tab_registers[at + 1];
}

static void show(uint32_t last) {
    map->tab_registers[110] = last >> 16;
    map->tab_registers[111] = last & 0xFFFF;
    map->tab_registers[112] = last ? 3 : 0;
}

/* Starting and remembering is one scan of a controller. */
static int execute(void) {
    uint32_t number = number_at(100);
    if (map->tab_registers[103] != 1 || number <= number_at(110)) return 0;
    if (log_name) {
        FILE *file = fopen(log_name, "a");
        if (file) { fprintf(file, "%u\n", number); fclose(file); }
        file = fopen(kept_name, "w");
        if (file) { fprintf(file, "%u", number); fclose(file); }
    }
    show(number);
    return 1;
}

static void fill(void) {
    for (int at = 0; at < 1000; at++) {
        map->tab_registers[at] = at < 100 ? at : 0;
        map->tab_input_registers[at] = 1000 + at;
    }
    for (int at = 0; at < 200; at++) { map->tab_bits[at] = at & 1; map->tab_input_bits[at] = !(at & 1); }
    uint16_t *r = map->tab_registers;
    r[0] = 0x42F7; r[1] = 0x0000;
    r[2] = 0x0000; r[3] = 0x42F7;
    r[4] = 0x0001; r[5] = 0x86A0;
    r[6] = (uint16_t)-5;
    const char *name = "PRESS-01";
    for (int at = 0; at < 4; at++) r[10 + at] = (uint16_t)(name[2 * at] << 8 | name[2 * at + 1]);
    r[20] = 0x7FC0; r[21] = 0;
}

int main(int argc, char **argv) {
    if (argc < 2) { fprintf(stderr, "modbus_server PORT [LOG [DELAY_MS [DIE]]]\n"); return 2; }
    int delay = argc > 3 ? atoi(argv[3]) : 0, die = argc > 4 ? atoi(argv[4]) : 0;
    srand((unsigned)getpid());
    log_name = argc > 2 && argv[2][0] ? argv[2] : NULL;
    signal(SIGPIPE, SIG_IGN);
    modbus_t *context = modbus_new_tcp("127.0.0.1", atoi(argv[1]));
    map = modbus_mapping_new(200, 200, 1000, 1000);
    fill();
    if (log_name) {
        unsigned last = 0;
        snprintf(kept_name, sizeof kept_name, "%s.kept", log_name);
        FILE *file = fopen(kept_name, "r");
        if (file) { if (fscanf(file, "%u", &last) == 1) show(last); fclose(file); }
    }
    int listener = modbus_tcp_listen(context, 64);
    if (listener < 0) { perror("listen"); return 1; }
    printf("READY\n");
    fflush(stdout);
    fd_set all;
    FD_ZERO(&all);
    FD_SET(listener, &all);
    int highest = listener;
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    for (;;) {
        fd_set ready = all;
        if (select(highest + 1, &ready, NULL, NULL, NULL) < 0) { if (errno == EINTR) continue; return 1; }
        for (int fd = 0; fd <= highest; fd++) {
            if (!FD_ISSET(fd, &ready)) continue;
            if (fd == listener) {
                int opened = accept(listener, NULL, NULL);
                if (opened >= 0) { FD_SET(opened, &all); if (opened > highest) highest = opened; }
                continue;
            }
            modbus_set_socket(context, fd);
            int length = modbus_receive(context, query);
            if (length > 0) {
                int function = query[7], address = query[8] << 8 | query[9];
                int writes = function == 6 || function == 16;
                if (writes && address >= 100 && address < 110 && length > 13 && function == 16) {
                    /* The map is written by the reply; a command is taken before it. */
                    int words = query[10] << 8 | query[11];
                    for (int at = 0; at < words && address + at < 110; at++)
                        map->tab_registers[address + at] =
                            (uint16_t)(query[13 + 2 * at] << 8 | query[14 + 2 * at]);
                    if (execute() && rand() % 100 < die) kill(getpid(), SIGKILL);
                }
                if (writes && delay) usleep(delay * 1000);
                modbus_reply(context, query, length, map);
            } else if (length == -1) {
                close(fd);
                FD_CLR(fd, &all);
            }
        }
    }
}
