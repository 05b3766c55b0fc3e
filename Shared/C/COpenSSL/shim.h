#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// A macro with casts, which Swift does not import.
static inline long voltbus_bio_contents(BIO *bio, char **start) {
    return BIO_get_mem_data(bio, start);
}

// Answers "no pass phrase": without it libcrypto would ask at the terminal.
static inline int voltbus_no_pass_phrase(char *buffer, int size, int forWriting, void *context) {
    (void)buffer; (void)size; (void)forWriting; (void)context;
    return -1;
}
