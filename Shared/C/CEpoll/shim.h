// Linux's event interfaces, which Swift's Glibc module leaves out, and accept4, which it hides behind _GNU_SOURCE.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <stdint.h>

extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

// The EPOLL words are C enum constants of a type that Swift does not add up with the events field.
static const uint32_t voltbus_epoll_in = EPOLLIN;
static const uint32_t voltbus_epoll_out = EPOLLOUT;
static const uint32_t voltbus_epoll_hangup = EPOLLHUP;
static const uint32_t voltbus_epoll_error = EPOLLERR;
static const uint32_t voltbus_epoll_peer_closed = EPOLLRDHUP;

// The C library has it, but its header shows it to GNU sources only.
extern int pthread_setname_np(unsigned long thread, const char *name);
static inline int voltbus_name_thread(unsigned long thread, const char *name) {
    return pthread_setname_np(thread, name);
}
