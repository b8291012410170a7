/* base64url.c - see base64url.h. */
#include "gateway/auth/base64url.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* A character's value plus one; 0 where the alphabet has no such character. */
static const unsigned char values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,
    ['G'] = 7,  ['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12,
    ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
    ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
    ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
    ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
    ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
    ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64};

void base64url_encode(const void *data, size_t size, char *out) {
    const unsigned char *bytes = data;
    uint32_t bits = 0;
    unsigned bit_count = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | bytes[i];
        bit_count += 8;
        while (bit_count >= 6) {
            bit_count -= 6;
            *out++ = alphabet[bits >> bit_count & 63];
        }
    }
    if (bit_count > 0)
        *out = alphabet[bits << (6 - bit_count) & 63];
}

enum err base64url_decode(struct slice text, void *out, size_t capacity,
                          size_t *size) {
    unsigned char *bytes = out;
    size_t count = 0;
    uint32_t bits = 0;
    unsigned bit_count = 0;
    /* A lone character of the last group would carry only six bits. */
    if (text.size % 4 == 1)
        return ERR_MALFORMED;
    for (size_t i = 0; i < text.size; i++) {
        unsigned value = values[(unsigned char)text.data[i]];
        if (value == 0)
            return ERR_MALFORMED;
        bits = bits << 6 | (value - 1);
        bit_count += 6;
        if (bit_count < 8)
            continue;
        if (count == capacity)
            return ERR_LIMIT;
        bit_count -= 8;
        bytes[count++] = (unsigned char)(bits >> bit_count);
    }
    if ((bits & ((1u << bit_count) - 1)) != 0)
        return ERR_MALFORMED;
    *size = count;
    return ERR_OK;
}
