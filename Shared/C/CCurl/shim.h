#include <curl/curl.h>

// Swift imports no function with variable arguments: each kind of option that Outbound sets has its own name here,
// with the type that curl expects, so that a wrong pair does not compile.

static inline CURLcode voltbus_curl_set_number(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode voltbus_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode voltbus_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode voltbus_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

typedef size_t (*voltbus_curl_transfer)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode voltbus_curl_on_body(CURL *handle, voltbus_curl_transfer receive, void *context) {
    CURLcode result = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, receive);
    return result != CURLE_OK ? result : curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

static inline CURLcode voltbus_curl_on_header(CURL *handle, voltbus_curl_transfer receive, void *context) {
    CURLcode result = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, receive);
    return result != CURLE_OK ? result : curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
}

static inline CURLcode voltbus_curl_on_upload(CURL *handle, voltbus_curl_transfer send, void *context) {
    CURLcode result = curl_easy_setopt(handle, CURLOPT_READFUNCTION, send);
    return result != CURLE_OK ? result : curl_easy_setopt(handle, CURLOPT_READDATA, context);
}

typedef int (*voltbus_curl_progress)(
    void *context, curl_off_t expected, curl_off_t received, curl_off_t to_send, curl_off_t sent);

static inline CURLcode voltbus_curl_on_progress(CURL *handle, voltbus_curl_progress ask, void *context) {
    CURLcode result = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, ask);
    if (result != CURLE_OK) return result;
    result = curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
    return result != CURLE_OK ? result : curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
}

static inline CURLcode voltbus_curl_response_code(CURL *handle, long *code) {
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, code);
}

static inline CURLcode voltbus_curl_global_init(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}
