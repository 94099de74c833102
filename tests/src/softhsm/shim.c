/* A PKCS #11 library that hands every call on to SoftHSM2, and does what a test asks of it:
 *
 *   FOLDER "/calls"   one line for each call of the functions below, by name
 *   FOLDER "/hold"    C_Sign blocks while another process or thread holds an exclusive lock on it
 *   FOLDER "/flags"   a decimal number whose bits are added to the token's flags
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

typedef unsigned long ulong_t;

/* Places in CK_FUNCTION_LIST (PKCS #11 2.40, section 5), behind the version. */
enum { FINALIZE = 1, GET_FUNCTION_LIST = 3, GET_TOKEN_INFO = 6, LOGIN = 18, SIGN = 43, FUNCTIONS = 68 };

struct function_list {
    unsigned char version[2];
    void (*function[FUNCTIONS])(void);
};

/* CK_TOKEN_INFO: label, manufacturer, model and serial number come before the flags. */
enum { TOKEN_FLAGS = 32 + 32 + 16 + 16 };

static struct function_list *softhsm, ours;

static void note(const char *call) {
    int file = open(FOLDER "/calls", O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (file < 0 || write(file, call, strlen(call)) < 0)
        abort();
    close(file);
}

static ulong_t finalize(void *reserved) {
    note("C_Finalize\n");
    return ((ulong_t (*)(void *))softhsm->function[FINALIZE])(reserved);
}

static ulong_t get_token_info(ulong_t slot, unsigned char *info) {
    ulong_t result = ((ulong_t (*)(ulong_t, unsigned char *))softhsm->function[GET_TOKEN_INFO])(slot, info);
    FILE *file = fopen(FOLDER "/flags", "r");
    if (file) {
        ulong_t flags, more;
        if (result == 0 && fscanf(file, "%lu", &more) == 1) {
            memcpy(&flags, info + TOKEN_FLAGS, sizeof flags);
            flags |= more;
            memcpy(info + TOKEN_FLAGS, &flags, sizeof flags);
        }
        fclose(file);
    }
    return result;
}

static ulong_t login(ulong_t session, ulong_t user, unsigned char *pin, ulong_t length) {
    note("C_Login\n");
    return ((ulong_t (*)(ulong_t, ulong_t, unsigned char *, ulong_t))softhsm->function[LOGIN])(session, user, pin, length);
}

static ulong_t sign(ulong_t session, unsigned char *data, ulong_t length, unsigned char *signature, ulong_t *size) {
    /* A call without room for the signature only asks for its size. */
    if (signature) {
        note("C_Sign\n");
        int hold = open(FOLDER "/hold", O_RDWR | O_CREAT, 0600);
        if (hold < 0 || flock(hold, LOCK_SH) < 0)
            abort();
        close(hold);
    }
    return ((ulong_t (*)(ulong_t, unsigned char *, ulong_t, unsigned char *, ulong_t *))softhsm->function[SIGN])(
        session, data, length, signature, size);
}

ulong_t C_GetFunctionList(struct function_list **list) {
    void *library = dlopen(SOFTHSM, RTLD_NOW | RTLD_LOCAL);
    ulong_t (*get)(struct function_list **) =
        library ? (ulong_t (*)(struct function_list **))dlsym(library, "C_GetFunctionList") : NULL;
    if (!get || get(&softhsm) != 0)
        return 5; /* CKR_GENERAL_ERROR */
    ours = *softhsm;
    ours.function[FINALIZE] = (void (*)(void))finalize;
    ours.function[GET_FUNCTION_LIST] = (void (*)(void))C_GetFunctionList;
    ours.function[GET_TOKEN_INFO] = (void (*)(void))get_token_info;
    ours.function[LOGIN] = (void (*)(void))login;
    ours.function[SIGN] = (void (*)(void))sign;
    *list = &ours;
    return 0;
}
