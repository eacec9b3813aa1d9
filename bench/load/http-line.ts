import { connect, type Socket } from 'node:net';
import { answerIn, type HttpAnswer } from './http-answer';

export type Address = { readonly host: string; readonly port: number };
/** Null: the connection failed, or ended before the answer did. */
export type Answered = (answer: HttpAnswer | null) => void;

const READ_BYTES = 16_384;

/**
 * One kept connection on the bare socket: an HTTP client of its own would take more of the machine than what is
 * measured. One request at a time; connects when there is something to send, and again after it was cut.
 */
export class HttpLine {
  private socket: Socket | null = null;
  private answered: Answered | null = null;
  private received = '';
  private readonly readBuffer = Buffer.allocUnsafe(READ_BYTES);

  constructor(private readonly address: Address) {}

  /** `request` is the whole request, ASCII. Only when the one before was answered. */
  send(request: string, answered: Answered): void {
    this.answered = answered;
    this.socket ??= this.connect();
    this.socket.write(request, 'latin1');
  }

  /** Ends the connection; what waits for an answer gets none. */
  close(): void {
    this.socket?.destroy();
  }

  private connect(): Socket {
    const socket: Socket = connect({
      ...this.address,
      noDelay: true,
      onread: { buffer: this.readBuffer, callback: (bytes): boolean => this.receive(socket, bytes) },
    });
    // What went wrong does not matter to a generator: it counts requests without an answer.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (this.socket === socket) this.socket = null;
      this.received = '';
      this.finish(null);
    });
    return socket;
  }

  private receive(socket: Socket, bytes: number): boolean {
    this.received += this.readBuffer.toString('latin1', 0, bytes);
    const answer = answerIn(this.received);
    if (answer === null) return true;
    this.received = '';
    if (/\r\nconnection: close\r\n/i.test(answer.text)) {
      this.socket = null;
      socket.destroy();
    }
    this.finish(answer);
    return true;
  }

  private finish(answer: HttpAnswer | null): void {
    const { answered } = this;
    this.answered = null;
    answered?.(answer);
  }
}
