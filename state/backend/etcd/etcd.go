//go:build !aix

// Package etcd keeps state in etcd v3. The lock hangs on a lease: when its holder is gone, so is the lock.
package etcd

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/gantry-power/gantry/state/backend"
)

// Config is what the state block says.
type Config struct {
	Endpoints []string
	Prefix    string // before every key; default /gantry/
	Estate    string
	CA        string // files in PEM form
	Cert, Key string
	User      string // the password is in GANTRY_ETCD_PASSWORD
}

type engine struct {
	c      *clientv3.Client
	prefix string
	where  string

	mu    sync.Mutex
	lease clientv3.LeaseID
}

// pieceSize is how much of a document goes into one key: etcd takes requests of up to 1.5 MiB.
const pieceSize = 1 << 20

// Open connects.
func Open(ctx context.Context, c Config) (backend.Engine, error) {
	if len(c.Endpoints) == 0 {
		c.Endpoints = []string{"127.0.0.1:2379"}
	}
	if c.Prefix == "" {
		c.Prefix = "/gantry/"
	}
	cfg := clientv3.Config{Endpoints: c.Endpoints, DialTimeout: 5 * time.Second, Username: c.User, Logger: zap.NewNop(), Context: context.WithoutCancel(ctx)}
	if c.User != "" {
		cfg.Password = os.Getenv("GANTRY_ETCD_PASSWORD")
	}
	if c.CA != "" || c.Cert != "" {
		cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		if c.CA != "" {
			b, err := os.ReadFile(c.CA)
			if err != nil {
				return nil, err
			}
			cfg.TLS.RootCAs = x509.NewCertPool()
			if !cfg.TLS.RootCAs.AppendCertsFromPEM(b) {
				return nil, fmt.Errorf("%s holds no certificate", c.CA)
			}
		}
		if c.Cert != "" {
			pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
			if err != nil {
				return nil, err
			}
			cfg.TLS.Certificates = []tls.Certificate{pair}
		}
	}
	cl, err := clientv3.New(cfg)
	if err != nil {
		return nil, err
	}
	e := &engine{c: cl, prefix: strings.TrimSuffix(c.Prefix, "/") + "/" + c.Estate + "/", where: "etcd " + strings.Join(c.Endpoints, ",") + " " + strings.TrimSuffix(c.Prefix, "/") + "/" + c.Estate}
	try, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, err := cl.Get(try, e.prefix+"lock"); err != nil {
		_ = cl.Close()
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return nil, fmt.Errorf("%s: no answer within 10s. Look at the addresses, at ca_file and cert_file, and whether a majority of the servers runs", e.where)
		}
		return nil, fmt.Errorf("%s: %w", e.where, err)
	}
	return e, nil
}

func (e *engine) Location() string { return e.where }
func (e *engine) Close() error     { return e.c.Close() }

func told(err error) error {
	for _, f := range []error{rpctypes.ErrAuthFailed, rpctypes.ErrPermissionDenied, rpctypes.ErrRequestTooLarge, rpctypes.ErrUserEmpty} {
		if errors.Is(err, f) {
			return &backend.Final{Err: err}
		}
	}
	return err
}

func (e *engine) get(ctx context.Context, key string, o ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	r, err := e.c.Get(ctx, key, o...)
	return r, told(err)
}

// A document's key holds a byte that says what follows, then the body: 0 compressed, 1 the prefix of the keys with its pieces.
func (e *engine) body(ctx context.Context, v []byte) ([]byte, error) {
	if len(v) == 0 {
		return nil, errors.New("a key holds no document of Gantry")
	}
	packed := v[1:]
	if v[0] == 1 {
		r, err := e.get(ctx, string(v[1:]), clientv3.WithPrefix(), clientv3.WithSort(clientv3.SortByKey, clientv3.SortAscend))
		if err != nil {
			return nil, err
		}
		packed = nil
		for _, kv := range r.Kvs {
			packed = append(packed, kv.Value...)
		}
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func (e *engine) Get(ctx context.Context, name string) (*backend.Document, error) {
	r, err := e.get(ctx, e.prefix+name)
	if err != nil || len(r.Kvs) == 0 {
		return nil, err
	}
	b, err := e.body(ctx, r.Kvs[0].Value)
	return &backend.Document{Name: name, Body: b, Version: strconv.FormatInt(r.Kvs[0].ModRevision, 10)}, err
}

// leased renews the lease of the lock, or grants one.
func (e *engine) leased(ctx context.Context, ttl time.Duration) (clientv3.LeaseID, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lease != 0 {
		if r, err := e.c.KeepAliveOnce(ctx, e.lease); err == nil && r.TTL > 0 {
			return e.lease, nil
		} else if err != nil && !errors.Is(err, rpctypes.ErrLeaseNotFound) {
			return 0, told(err)
		}
	}
	r, err := e.c.Grant(ctx, max(1, int64(ttl.Seconds())))
	if err != nil {
		return 0, told(err)
	}
	e.lease = r.ID
	return r.ID, nil
}

func (e *engine) Put(ctx context.Context, name string, body []byte, c backend.Condition) (string, error) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, err := w.Write(body)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return "", err
	}
	key, value := e.prefix+name, append([]byte{0}, z.Bytes()...)
	if len(value) > pieceSize {
		// The pieces first: until the document names them nobody sees them.
		pieces := fmt.Sprintf("%spieces/%s/%d/", e.prefix, name, time.Now().UnixNano())
		for i, b := 0, z.Bytes(); len(b) > 0; i++ {
			n := min(len(b), pieceSize)
			if _, err := e.c.Put(ctx, fmt.Sprintf("%s%06d", pieces, i), string(b[:n])); err != nil {
				return "", told(err)
			}
			b = b[n:]
		}
		value = append([]byte{1}, pieces...)
	}
	var conds []clientv3.Cmp
	if c.Absent {
		conds = append(conds, clientv3.Compare(clientv3.CreateRevision(key), "=", 0))
	} else if c.Version != "" {
		conds = append(conds, revision(key, c.Version))
	}
	if c.Guard != nil {
		conds = append(conds, revision(e.prefix+c.Guard.Name, c.Guard.Version))
	}
	var o []clientv3.OpOption
	if c.Lease > 0 {
		id, err := e.leased(ctx, c.Lease)
		if err != nil {
			return "", err
		}
		o = append(o, clientv3.WithLease(id))
	}
	r, err := e.c.Txn(ctx).If(conds...).Then(clientv3.OpPut(key, string(value), o...)).Commit()
	if err != nil {
		return "", told(err)
	}
	if !r.Succeeded {
		return "", backend.ErrConflict
	}
	return strconv.FormatInt(r.Header.Revision, 10), nil
}

func revision(key, version string) clientv3.Cmp {
	n, _ := strconv.ParseInt(version, 10, 64) // made by us
	return clientv3.Compare(clientv3.ModRevision(key), "=", n)
}

func (e *engine) Delete(ctx context.Context, version string, names ...string) error {
	for _, n := range names {
		key := e.prefix + n
		var conds []clientv3.Cmp
		if version != "" {
			conds = append(conds, revision(key, version))
		}
		r, err := e.c.Txn(ctx).If(conds...).Then(clientv3.OpDelete(key), clientv3.OpDelete(e.prefix+"pieces/"+n+"/", clientv3.WithPrefix())).Commit()
		if err != nil {
			return told(err)
		}
		if !r.Succeeded {
			return backend.ErrConflict
		}
	}
	return nil
}

func (e *engine) Names(ctx context.Context, prefix string) ([]string, error) {
	r, err := e.get(ctx, e.prefix+prefix, clientv3.WithPrefix(), clientv3.WithKeysOnly(), clientv3.WithSort(clientv3.SortByKey, clientv3.SortAscend))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, kv := range r.Kvs {
		out = append(out, strings.TrimPrefix(string(kv.Key), e.prefix))
	}
	return out, nil
}

func (e *engine) Scan(ctx context.Context, prefix, after string) ([]backend.Document, error) {
	from := e.prefix + prefix
	if after != "" {
		from = e.prefix + after + "\x00"
	}
	var out []backend.Document
	end := clientv3.GetPrefixRangeEnd(e.prefix + prefix)
	for rev := int64(0); ; {
		// In portions: an answer has a limit of its own.
		r, err := e.get(ctx, from, clientv3.WithRange(end), clientv3.WithLimit(500), clientv3.WithRev(rev), clientv3.WithSort(clientv3.SortByKey, clientv3.SortAscend))
		if err != nil {
			return nil, err
		}
		rev = r.Header.Revision
		for _, kv := range r.Kvs {
			b, err := e.body(ctx, kv.Value)
			if err != nil {
				return nil, err
			}
			out = append(out, backend.Document{Name: strings.TrimPrefix(string(kv.Key), e.prefix), Body: b, Version: strconv.FormatInt(kv.ModRevision, 10)})
			from = string(kv.Key) + "\x00"
		}
		if !r.More {
			return out, nil
		}
	}
}
