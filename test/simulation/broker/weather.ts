/** What goes wrong between a process and the broker, drawn each time. */
export interface BrokerWeather {
  /** How long one way takes; ms. */
  delayMs(): number;
  /** How long the broker takes to notice that a connection is broken, and to give back what it held; ms. */
  serverNoticeMs(): number;
  /** How long the client takes to notice; ms. */
  clientNoticeMs(): number;
  /** How long a client waits before it tries to connect again; ms. */
  reconnectMs(): number;
  /** Whether this message arrives twice. */
  isDuplicated(): boolean;
}

export const fairBrokerWeather: BrokerWeather = {
  delayMs: () => 0,
  serverNoticeMs: () => 1,
  clientNoticeMs: () => 1,
  reconnectMs: () => 1,
  isDuplicated: () => false,
};
