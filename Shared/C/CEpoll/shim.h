// Linux's event interfaces, which Swift's Glibc module leaves out, and accept4, which it hides behind _GNU_SOURCE.
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <stdint.h>

int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

// The EPOLL words are C enum constants of a type that Swift does not add up with the events field.
static const uint32_t voltbus_epoll_in = EPOLLIN;
static const uint32_t voltbus_epoll_out = EPOLLOUT;
static const uint32_t voltbus_epoll_hangup = EPOLLHUP;
static const uint32_t voltbus_epoll_error = EPOLLERR;
static const uint32_t voltbus_epoll_peer_closed = EPOLLRDHUP;
