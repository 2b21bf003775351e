// gorilla/websocket: `client URL LONG_BYTES`, or `server`, which prints its port.
package main

import (
	"bytes"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

const bufferBytes = 1024

func payload(length int) []byte {
	data := make([]byte, length)
	for i := range data {
		data[i] = byte(i*31 + i>>8)
	}
	return data
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func connect(url string) *websocket.Conn {
	dialer := websocket.Dialer{
		Subprotocols:      []string{"other", "chat"},
		EnableCompression: true,
		WriteBufferSize:   bufferBytes,
	}
	ws, _, err := dialer.Dial(url, nil)
	must(err)
	return ws
}

// exchange sends a message and tells whether the same comes back.
func exchange(ws *websocket.Conn, kind int, data []byte) bool {
	must(ws.WriteMessage(kind, data))
	back, got, err := ws.ReadMessage()
	must(err)
	return back == kind && bytes.Equal(got, data)
}

// closed reads on to the end and gives the code and reason of the server.
func closed(ws *websocket.Conn) string {
	_, _, err := ws.ReadMessage()
	if end, ok := err.(*websocket.CloseError); ok {
		return strings.TrimSpace(fmt.Sprintf("%d %s", end.Code, end.Text))
	}
	return fmt.Sprint(err)
}

func client(url string, large int) {
	ws := connect(url)
	fmt.Println("protocol", ws.Subprotocol())
	for _, text := range []string{"", "hello", "€uro \U0001f600", strings.Repeat("x", 70_000)} {
		fmt.Println("text", exchange(ws, websocket.TextMessage, []byte(text)))
	}
	for _, length := range []int{0, 125, 126, 65_535, 65_536, large} {
		fmt.Println("binary", exchange(ws, websocket.BinaryMessage, payload(length)))
	}
	must(ws.WriteMessage(websocket.TextMessage, []byte("fragments")))
	_, text, err := ws.ReadMessage()
	must(err)
	fmt.Println("fragments", string(text))
	pong := ""
	ws.SetPongHandler(func(data string) error {
		pong = data
		return nil
	})
	must(ws.WriteControl(websocket.PingMessage, []byte("hi"), time.Now().Add(time.Minute)))
	bye := websocket.FormatCloseMessage(4001, "bye €")
	must(ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Minute)))
	end := closed(ws)
	// Pongs are handled while it reads.
	fmt.Println("pong", pong)
	fmt.Println("closed", end)
	ws.Close()
	ws = connect(url)
	must(ws.WriteMessage(websocket.TextMessage, []byte("close me")))
	fmt.Println("closed", closed(ws))
	ws.Close()
}

var upgrader = websocket.Upgrader{
	Subprotocols:      []string{"chat"},
	EnableCompression: true,
	WriteBufferSize:   bufferBytes,
	CheckOrigin:       func(*http.Request) bool { return true },
}

// echo lets messages over the size of the buffer leave in several frames.
func echo(response http.ResponseWriter, request *http.Request) {
	ws, err := upgrader.Upgrade(response, request, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	fmt.Println("protocol", ws.Subprotocol())
	ws.SetPongHandler(func(data string) error {
		fmt.Println("pong")
		return nil
	})
	must(ws.WriteControl(websocket.PingMessage, []byte("hi"), time.Now().Add(time.Minute)))
	for {
		kind, data, err := ws.ReadMessage()
		if end, ok := err.(*websocket.CloseError); ok {
			fmt.Println("closed", end.Code, end.Text)
		}
		if err != nil {
			return
		}
		if string(data) == "close me" {
			end := websocket.FormatCloseMessage(4321, "as you wish")
			must(ws.WriteControl(websocket.CloseMessage, end, time.Now().Add(time.Minute)))
			continue
		}
		writer, err := ws.NextWriter(kind)
		must(err)
		_, err = writer.Write(data)
		must(err)
		must(writer.Close())
	}
}

func server() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	must(http.Serve(listener, http.HandlerFunc(echo)))
}

func main() {
	if os.Args[1] == "server" {
		server()
		return
	}
	large, err := strconv.Atoi(os.Args[3])
	must(err)
	client(os.Args[2], large)
}
