/**
 * Servers that can stand as an instance's main program: how they are started and what their first
 * correct reply is (T6). The probe asks the server to close, so that the reply is complete when the connection
 * ends. Without a password: they listen on a loopback, or in a network namespace that only tare's client is in.
 */
import type { ServiceSpec } from '../../model/scenario.ts';

const nginxConfiguration = `daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen {bind}:{port};
    keepalive_requests 1000000000;
    location / { return 200 "ok"; }
  }
}
`;

export const services: Readonly<Record<string, ServiceSpec>> = {
  redis: {
    name: 'redis',
    argv: [
      'redis-server',
      '--port',
      '{port}',
      '--bind',
      '{bind}',
      '--protected-mode',
      'no',
      '--save',
      '',
      '--appendonly',
      'no',
    ],
    input: '',
    port: 16379,
    ready: { kind: 'reply', send: 'PING\r\nQUIT\r\n', expect: '+PONG' },
    own: null,
  },
  nginx: {
    name: 'nginx',
    argv: ['nginx', '-e', 'stderr', '-p', '.', '-c', '/proc/self/fd/0'],
    input: nginxConfiguration,
    port: 18080,
    ready: { kind: 'reply', send: 'GET / HTTP/1.0\r\n\r\n', expect: '200 OK' },
    own: null,
  },
};
