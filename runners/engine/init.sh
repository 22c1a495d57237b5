# First process of an engine's container: takes the agent's channel, which lies in a folder bound into the
# container (an engine's own streams belong to its client, which is gone by then), and becomes the agent.
B=/.tare/busybox
exec </.tare/channel/in >/.tare/channel/out 2>/.tare/channel/err
exec "$B" sh /.tare/agent.sh
