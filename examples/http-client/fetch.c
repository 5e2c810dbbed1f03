/*
 * fetch URL                 writes the body of an http or https page to standard output
 * fetch --authorities       says how many certificate authorities are trusted
 *
 * Exit codes: 0 fetched, 1 the transfer failed or the status was not 200, 2 wrong usage.
 * Authorities are read from $SSL_CERT_FILE, else from the file that Debian's ca-certificates makes.
 */
#include <errno.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

struct url {
  int secure;
  char host[256];
  char port[8];
  const char *path;
};

struct connection {
  mbedtls_net_context socket;
  mbedtls_ssl_context tls;
  int secure;
};

static _Noreturn void fail(int code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("fetch: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(code);
}

static void check(int result, const char *doing) {
  char reason[160];
  if (result >= 0) return;
  mbedtls_strerror(result, reason, sizeof reason);
  fail(1, "%s: %s", doing, reason);
}

static struct url parse_url(const char *text) {
  struct url url = {0};
  if (strncmp(text, "https://", 8) == 0) url.secure = 1;
  else if (strncmp(text, "http://", 7) != 0) fail(2, "not an http or https URL: %s", text);
  const char *authority = text + (url.secure ? 8 : 7);
  size_t length = strcspn(authority, "/");
  size_t name = strcspn(authority, ":/");
  if (name == 0 || name >= sizeof url.host) fail(2, "no host in %s", text);
  memcpy(url.host, authority, name);
  strcpy(url.port, url.secure ? "443" : "80");
  if (name < length) {
    size_t digits = length - name - 1;
    if (digits == 0 || digits >= sizeof url.port) fail(2, "wrong port in %s", text);
    memcpy(url.port, authority + name + 1, digits);
    url.port[digits] = 0;
  }
  url.path = authority[length] ? authority + length : "/";
  return url;
}

static void read_authorities(mbedtls_x509_crt *trusted) {
  const char *file = getenv("SSL_CERT_FILE");
  if (!file) file = DEFAULT_AUTHORITIES;
  mbedtls_x509_crt_init(trusted);
  check(mbedtls_x509_crt_parse_file(trusted, file), file);
}

static void start_tls(struct connection *connection, const char *host) {
  static mbedtls_entropy_context entropy;
  static mbedtls_ctr_drbg_context random;
  static mbedtls_ssl_config config;
  static mbedtls_x509_crt trusted;
  read_authorities(&trusted);
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random);
  mbedtls_ssl_config_init(&config);
  mbedtls_ssl_init(&connection->tls);
  check(mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, NULL, 0), "random numbers");
  check(mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT),
        "TLS");
  mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
  mbedtls_ssl_conf_ca_chain(&config, &trusted, NULL);
  mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
  check(mbedtls_ssl_setup(&connection->tls, &config), "TLS");
  check(mbedtls_ssl_set_hostname(&connection->tls, host), host);
  mbedtls_ssl_set_bio(&connection->tls, &connection->socket, mbedtls_net_send, mbedtls_net_recv, NULL);
  check(mbedtls_ssl_handshake(&connection->tls), host);
}

static int send_some(struct connection *connection, const char *data, size_t length) {
  const unsigned char *bytes = (const unsigned char *)data;
  return connection->secure ? mbedtls_ssl_write(&connection->tls, bytes, length)
                            : mbedtls_net_send(&connection->socket, bytes, length);
}

/* 0 at the end of the answer. */
static int receive_some(struct connection *connection, char *data, size_t length) {
  unsigned char *bytes = (unsigned char *)data;
  int got = connection->secure ? mbedtls_ssl_read(&connection->tls, bytes, length)
                               : mbedtls_net_recv(&connection->socket, bytes, length);
  return got == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? 0 : got;
}

static void send_request(struct connection *connection, const struct url *url) {
  char request[4096];
  int length = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s:%s\r\nUser-Agent: fetch\r\n\r\n",
                        url->path, url->host, url->port);
  if (length < 0 || (size_t)length >= sizeof request) fail(2, "the URL is too long");
  for (int sent = 0; sent < length;) {
    int some = send_some(connection, request + sent, (size_t)(length - sent));
    check(some, "sending");
    sent += some;
  }
}

/* The head of the answer ends with an empty line; what follows goes to standard output. */
static int print_answer(struct connection *connection) {
  char buffer[16384 + 1];
  size_t held = 0;
  int status = 0;
  for (;;) {
    int got = receive_some(connection, buffer + held, sizeof buffer - 1 - held);
    check(got, "receiving");
    if (got == 0) break;
    held += (size_t)got;
    buffer[held] = 0;
    if (status == 0) {
      char *end = strstr(buffer, "\r\n\r\n");
      if (!end && held == sizeof buffer - 1) fail(1, "the head of the answer is too long");
      if (!end) continue;
      if (sscanf(buffer, "HTTP/%*d.%*d %d", &status) != 1) fail(1, "the answer is no HTTP");
      size_t body = (size_t)(end + 4 - buffer);
      fwrite(buffer + body, 1, held - body, stdout);
    } else {
      fwrite(buffer, 1, held, stdout);
    }
    held = 0;
  }
  if (status == 0) fail(1, "the answer ended too early");
  if (fflush(stdout) != 0) fail(1, "writing: %s", strerror(errno));
  return status;
}

int main(int count, char **arguments) {
  if (count != 2) fail(2, "usage: fetch URL | fetch --authorities");
  if (strcmp(arguments[1], "--authorities") == 0) {
    mbedtls_x509_crt trusted;
    int authorities = 0;
    read_authorities(&trusted);
    for (mbedtls_x509_crt *each = &trusted; each; each = each->next) authorities++;
    printf("%d certificate authorities are trusted\n", authorities);
    return 0;
  }
  struct url url = parse_url(arguments[1]);
  struct connection connection = {.secure = url.secure};
  mbedtls_net_init(&connection.socket);
  check(mbedtls_net_connect(&connection.socket, url.host, url.port, MBEDTLS_NET_PROTO_TCP), url.host);
  if (url.secure) start_tls(&connection, url.host);
  send_request(&connection, &url);
  int status = print_answer(&connection);
  if (status != 200) fail(1, "%s answered %d", url.host, status);
  return 0;
}
